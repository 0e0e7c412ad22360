package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/access"
	"switchyard/internal/db"
)

// AvatarSizes are the sides of the pictures that are kept, in pixels, the largest first.
var AvatarSizes = []int{512, 128, 48}

// pictureQueue is how many may wait for their picture to be made smaller; more are refused.
const pictureQueue = 8

// SetAvatar keeps a JPEG, PNG or TIFF picture as the caller's, cut, made smaller and written anew, so that
// nothing of the file but its pixels is kept. ErrBusy.
func (s *Service) SetAvatar(ctx context.Context, c Caller, file io.Reader, crop Crop) (User, error) {
	if err := s.allow(c, access.SelfUpdate, access.Target{Owner: c.ID}); err != nil {
		return User{}, err
	}
	if err := s.needFlag(ctx, c, "profile_edit", access.SelfUpdate); err != nil {
		return User{}, err
	}
	data, err := readAvatar(file)
	if err != nil {
		return User{}, err
	}
	files, err := s.makeAvatar(ctx, data, crop)
	if err != nil {
		return User{}, err
	}
	version := strings.ToLower(rand.Text()) // whoever is told it may see the picture
	if err := s.writeAvatar(c.ID, version, files); err != nil {
		s.removeAvatar(c.ID, version)
		return User{}, fmt.Errorf("keep the picture: %w", err)
	}
	u, err := s.changeAvatar(ctx, c, version)
	if err != nil && !errors.Is(err, db.ErrUnavailable) { // then nobody knows whether it was changed
		s.removeAvatar(c.ID, version)
	}
	return u, err
}

func (s *Service) makeAvatar(ctx context.Context, data []byte, crop Crop) (map[int][]byte, error) {
	done, err := s.pictures.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return makeAvatar(data, crop)
}

// DropAvatar goes back to initials.
func (s *Service) DropAvatar(ctx context.Context, c Caller) (User, error) {
	if err := s.allow(c, access.SelfUpdate, access.Target{Owner: c.ID}); err != nil {
		return User{}, err
	}
	return s.changeAvatar(ctx, c, "")
}

func (s *Service) changeAvatar(ctx context.Context, c Caller, version string) (User, error) {
	var u User
	err := s.deps.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := lockUserOf(ctx, tx, c, c.ID)
		if err != nil {
			return err
		}
		old, before := r.Avatar, r.User
		tx.AfterCommit(func() { s.removeAvatar(c.ID, old) })
		r.Avatar = version
		u, err = s.store(ctx, tx, c, r, before)
		return err
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// Avatar opens a PNG of a user's picture. Its address is a capability: the version cannot be guessed (but for those of pictures that were
// set before the first release, which are mostly a time: they are served until they are replaced), is told to colleagues and to
// those in the same room, guests among them, and is another one for each picture, so that it may be cached for ever and is worth
// nothing once the picture is replaced. access.ErrNotFound.
func (s *Service) Avatar(c Caller, user, version string, size int) (io.ReadCloser, error) {
	if err := s.allow(c, access.UserPicture, access.Target{}); err != nil {
		return nil, err
	}
	if !isID(user) || !isID(version) || !slices.Contains(AvatarSizes, size) {
		return nil, access.ErrNotFound
	}
	file, err := os.Open(s.avatarPath(user, version, size))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, access.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// isID keeps paths out of names of files: ids are letters and digits.
func isID(text string) bool {
	return text != "" && len(text) <= maxID && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func (s *Service) avatarPath(user, version string, size int) string {
	return filepath.Join(s.deps.Avatars, user, fmt.Sprintf("%s-%d.png", version, size))
}

func (s *Service) writeAvatar(user, version string, files map[int][]byte) error {
	if err := os.MkdirAll(filepath.Join(s.deps.Avatars, user), 0o700); err != nil {
		return err
	}
	for size, data := range files {
		if err := writeSynced(s.avatarPath(user, version, size), data); err != nil {
			return err
		}
	}
	return nil
}

// writeSynced returns when the data is on disk: the row that refers to it will be.
func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// removeAvatar and dropAvatar leave at worst files that nobody refers to.
func (s *Service) removeAvatar(user, version string) {
	if version == "" {
		return
	}
	for _, size := range AvatarSizes {
		if err := os.Remove(s.avatarPath(user, version, size)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.deps.Log.Warn("an old picture could not be removed", "user", user, "error", err)
		}
	}
}

func (s *Service) dropAvatar(user string) {
	if err := os.RemoveAll(filepath.Join(s.deps.Avatars, user)); err != nil {
		s.deps.Log.Warn("the pictures of a deleted user could not be removed", "user", user, "error", err)
	}
}
