package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"idproof/internal/seal"
)

// IsS3 reports whether an address is that of an S3 store; otherwise it is the
// path of a folder.
func IsS3(address string) bool { return strings.HasPrefix(address, "s3://") }

// Open opens the store at that address: s3://… or the path of a folder.
func Open(ctx context.Context, address string) (Opened, error) {
	if IsS3(address) {
		return OpenS3(ctx, address)
	}
	return OpenDir(address)
}

// Opened is a store that somebody closes.
type Opened interface {
	Store
	io.Closer
}

// S3 is a [Store] in a bucket of Amazon S3 or of what speaks like it. Objects
// are sealed before they leave; the bucket needs no encryption of its own.
type S3 struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
	prefix    string // of every name; empty or with a slash at its end
}

// OpenS3 opens the bucket, which exists. The address is
//
//	s3://bucket?endpoint=https://host:port&region=name&prefix=folder/
//
// where endpoint is that of Amazon if left out, region is asked of the server,
// and prefix is empty. Credentials are those of the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), of the AWS
// credentials file, or of the machine's or pod's role, in this order.
func OpenS3(ctx context.Context, address string) (*S3, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return nil, errors.New("blob: the address of the bucket is not like s3://bucket?endpoint=https://host")
	}
	endpoint := &url.URL{Scheme: "https", Host: "s3.amazonaws.com"}
	s := &S3{bucket: u.Host}
	var region string
	for name, values := range u.Query() {
		switch value := values[0]; name {
		case "endpoint":
			endpoint, err = url.Parse(value)
			if err != nil || endpoint.Host == "" || (endpoint.Scheme != "https" && endpoint.Scheme != "http") {
				return nil, errors.New("blob: the endpoint is not like https://host:port")
			}
		case "region":
			region = value
		case "prefix":
			s.prefix = strings.Trim(value, "/") + "/"
		default:
			return nil, fmt.Errorf("blob: the address of the bucket has an unknown parameter %q", name)
		}
	}
	secure := endpoint.Scheme == "https"
	if s.transport, err = minio.DefaultTransport(secure); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	s.client, err = minio.New(endpoint.Host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: secure, Transport: s.transport, Region: region,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		err = errors.New("it does not exist")
	}
	if err != nil {
		s.transport.CloseIdleConnections()
		return nil, fmt.Errorf("blob: bucket %s: %w", s.bucket, err)
	}
	return s, nil
}

// Close ends idle connections.
func (s *S3) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// whole is the size up to which an object is sent in one request; larger ones
// go in parts of this size. One part of each upload is held in memory.
const whole = 8 << 20

// Put implements [Store].
func (s *S3) Put(ctx context.Context, name string, key seal.Key, r io.Reader) error {
	object := s.prefix + name
	switch _, err := s.client.StatObject(ctx, s.bucket, object, minio.StatObjectOptions{}); {
	case err == nil:
		return fmt.Errorf("blob: put: %w", fs.ErrExist)
	case !notFound(err):
		return fmt.Errorf("blob: put: %w", err)
	}
	sealed, write := io.Pipe()
	sealing := make(chan error, 1)
	go func() {
		err := sealAll(write, key, name, ctxReader{ctx, r})
		_ = write.CloseWithError(err) // nil: the end
		sealing <- err
	}()
	err := s.send(ctx, object, sealed)
	_ = sealed.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // lets the sealing end
	// What went wrong first is what the reader of r had to say.
	if cause := <-sealing; cause != nil && !errors.Is(cause, io.ErrClosedPipe) {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	return nil
}

func sealAll(w io.Writer, key seal.Key, name string, r io.Reader) error {
	enc, err := key.Writer(w, name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(enc, r); err != nil {
		return err
	}
	return enc.Close()
}

// send keeps all of r as an object, or nothing.
func (s *S3) send(ctx context.Context, object string, r io.Reader) error {
	var first bytes.Buffer
	n, err := io.Copy(&first, io.LimitReader(r, whole))
	if err != nil {
		return err
	}
	// A sum of the content in the request is not needed: what is sealed proves
	// itself when it is opened.
	o := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true}
	if n < whole {
		_, err = s.client.PutObject(ctx, s.bucket, object, &first, n, o)
		return err
	}
	o.PartSize = whole
	_, err = s.client.PutObject(ctx, s.bucket, object, io.MultiReader(&first, r), -1, o)
	if err != nil { // the parts that were sent
		err = errors.Join(err, s.client.RemoveIncompleteUpload(context.WithoutCancel(ctx), s.bucket, object))
	}
	return err
}

// Open implements [Store].
func (s *S3) Open(ctx context.Context, name string, key seal.Key) (io.ReadCloser, error) {
	object, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	_, err = object.Stat() // the request is made only now
	if err == nil {
		var r io.Reader
		if r, err = key.Reader(object, name); err == nil {
			return struct {
				io.Reader
				io.Closer
			}{r, object}, nil
		}
	}
	_ = object.Close()
	if notFound(err) {
		return nil, ErrNotFound
	}
	return nil, fmt.Errorf("blob: %w", err)
}

// Delete implements [Store].
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}); err != nil && !notFound(err) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Each implements [Store].
func (s *S3) Each(ctx context.Context, fn func(name string, at time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when fn fails
	defer cancel()
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("blob: list: %w", o.Err)
		}
		if err := fn(strings.TrimPrefix(o.Key, s.prefix), o.LastModified); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func notFound(err error) bool {
	return err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey
}
