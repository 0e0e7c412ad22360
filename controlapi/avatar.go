package controlapi

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/access"
	"switchyard/services/accounts"
)

func (a *API) avatarRoutes() {
	register(a, op{id: "set-avatar", method: http.MethodPut, path: "/me/avatar", tag: "self", need: access.SelfUpdate, body: accounts.MaxAvatar + 64<<10,
		summary: "Upload one's picture", detail: "A JPEG, PNG or TIFF of at most 10 MB; what is kept is a square, without what else the file held."}, a.setAvatar)
	register(a, op{id: "drop-avatar", method: http.MethodDelete, path: "/me/avatar", tag: "self", need: access.SelfUpdate, summary: "Go back to initials"}, a.dropAvatar)
	register(a, op{id: "get-avatar", method: http.MethodGet, path: "/users/{id}/avatar/{version}/{size}", tag: "users", need: access.UserPicture, public: true, summary: "A user's picture",
		detail: "Whoever was told the version may see it: colleagues by lists and cards, guests by the metadata of participants of their room. It cannot be guessed, and works until the picture is replaced."}, a.getAvatar)
}

func (a *API) setAvatar(ctx context.Context, c *caller, in *struct {
	X       int `query:"x" minimum:"0" maximum:"20000" doc:"Left edge of the square that is kept, in pixels of the picture."`
	Y       int `query:"y" minimum:"0" maximum:"20000" doc:"Its upper edge."`
	Size    int `query:"size" minimum:"0" maximum:"20000" doc:"Its side; 0 is the largest square in the middle."`
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" contentType:"image/jpeg,image/png,image/tiff,application/octet-stream" required:"true"`
	}]
}) (*one[accounts.User], error) {
	file := in.RawBody.Data().File
	defer file.Close()
	u, err := a.deps.Accounts.SetAvatar(ctx, c.Caller, file, accounts.Crop{X: in.X, Y: in.Y, Size: in.Size})
	return versioned(u, u.Version), err
}

func (a *API) dropAvatar(ctx context.Context, c *caller, _ *none) (*one[accounts.User], error) {
	u, err := a.deps.Accounts.DropAvatar(ctx, c.Caller)
	return versioned(u, u.Version), err
}

type picture struct {
	ContentType string `header:"Content-Type"`
	Cache       string `header:"Cache-Control"`
	Body        []byte `contentType:"image/png"`
}

func (a *API) getAvatar(_ context.Context, c *caller, in *struct {
	ByID
	Version string `path:"version" minLength:"1" maxLength:"64"`
	Size    string `path:"size" enum:"48,128,512"`
}) (*picture, error) {
	size, err := strconv.Atoi(in.Size)
	if err != nil || !slices.Contains(accounts.AvatarSizes, size) {
		return nil, access.ErrNotFound
	}
	file, err := a.deps.Accounts.Avatar(c.Caller, in.ID, in.Version, size)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	return &picture{"image/png", "private, max-age=31536000, immutable", data}, err
}
