package controlapi

import (
	"context"
	"net/http"

	"switchyard/access"
	"switchyard/services/accounts"
)

func (a *API) userRoutes() {
	const tag = "users"
	register(a, op{id: "list-users", method: http.MethodGet, path: "/users", tag: tag, need: access.UserList, summary: "The users of the tenant by name"}, a.listUsers)
	register(a, op{id: "create-user", method: http.MethodPost, path: "/users", tag: tag, need: access.UserCreate, status: http.StatusCreated,
		summary: "Make an account", detail: "Without a password the person gets a link by mail to choose one."}, a.createUser)
	register(a, op{id: "get-user", method: http.MethodGet, path: "/users/{id}", tag: tag, need: access.UserRead, summary: "One user"}, a.getUser)
	register(a, op{id: "update-user", method: http.MethodPatch, path: "/users/{id}", tag: tag, need: access.UserUpdate,
		summary: "Change a user", errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.updateUser)
	register(a, op{id: "delete-user", method: http.MethodDelete, path: "/users/{id}", tag: tag, need: access.UserDelete, status: http.StatusNoContent, summary: "Delete a user and what is kept of it"}, a.deleteUser)
	register(a, op{id: "get-user-card", method: http.MethodGet, path: "/users/{id}/card", tag: tag, need: access.UserCard, summary: "What others may see of a user"}, a.userCard)
	register(a, op{id: "send-password-link", method: http.MethodPost, path: "/users/{id}/password-link", tag: tag, need: access.UserResetSafe, status: http.StatusNoContent,
		summary: "Mail a user a link to choose a new password", errors: []int{http.StatusConflict}}, a.sendPasswordLink)
	register(a, op{id: "reset-second-factor", method: http.MethodDelete, path: "/users/{id}/second-factor", tag: tag, need: access.UserResetSafe, status: http.StatusNoContent,
		summary: "Turn off the second factor of somebody who has lost it"}, a.resetSecondFactor)

	const departments = "departments"
	register(a, op{id: "list-departments", method: http.MethodGet, path: "/departments", tag: departments, need: access.DepartmentList, summary: "The departments of the tenant"}, a.listDepartments)
	register(a, op{id: "create-department", method: http.MethodPost, path: "/departments", tag: departments, need: access.DepartmentEdit, status: http.StatusCreated, summary: "Add a department"}, a.createDepartment)
	register(a, op{id: "rename-department", method: http.MethodPut, path: "/departments/{id}", tag: departments, need: access.DepartmentEdit,
		summary: "Rename a department", errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, a.renameDepartment)
	register(a, op{id: "delete-department", method: http.MethodDelete, path: "/departments/{id}", tag: departments, need: access.DepartmentEdit, status: http.StatusNoContent, summary: "Remove a department; its members stay"}, a.deleteDepartment)
}

func (a *API) listUsers(ctx context.Context, c *caller, in *struct {
	Page
	Search     string `query:"search" maxLength:"100" doc:"Part of a name or an e-mail address."`
	Department string `query:"department" maxLength:"64"`
}) (*only[list[accounts.User]], error) {
	after, err := decodeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	p, err := a.deps.Accounts.Users(ctx, c.Caller, accounts.UserQuery{Search: in.Search, Department: in.Department, After: after, Limit: in.Limit})
	return listed(p.Users, p.Next, p.Seq), err
}

type newUser struct {
	Email       string   `json:"email" minLength:"3" maxLength:"254"`
	FirstName   string   `json:"first_name,omitempty" maxLength:"80"`
	LastName    string   `json:"last_name,omitempty" maxLength:"80"`
	Role        string   `json:"role,omitempty" enum:"user,department_admin,admin" default:"user"`
	Language    string   `json:"language,omitempty" enum:"en,nl,fr,de,ja"`
	Departments []string `json:"departments,omitempty" maxItems:"50"`
	Password    string   `json:"password,omitempty" maxLength:"800"`
}

func (a *API) createUser(ctx context.Context, c *caller, in *struct{ Body newUser }) (*one[accounts.User], error) {
	b := in.Body
	u, err := a.deps.Accounts.CreateUser(ctx, c.Caller, accounts.NewUser{
		Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Role: access.Role(b.Role), Language: b.Language, Departments: b.Departments, Password: b.Password,
	})
	return versioned(u, u.Version), err
}

func (a *API) getUser(ctx context.Context, c *caller, in *ByID) (*one[accounts.User], error) {
	u, err := a.deps.Accounts.User(ctx, c.Caller, in.ID)
	return versioned(u, u.Version), err
}

type userChange struct {
	Profile
	Role        *string   `json:"role,omitempty" enum:"user,department_admin,admin"`
	Departments *[]string `json:"departments,omitempty" maxItems:"50"`
	Active      *bool     `json:"active,omitempty"`
}

func (a *API) updateUser(ctx context.Context, c *caller, in *struct {
	ByID
	Match
	Body userChange
}) (*one[accounts.User], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	u, err := a.deps.Accounts.UpdateUser(ctx, c.Caller, in.ID, accounts.UserChange{
		Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Language: b.Language, Role: (*access.Role)(b.Role), Departments: b.Departments, Active: b.Active,
	}, version)
	return versioned(u, u.Version), err
}

func (a *API) deleteUser(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.DeleteUser(ctx, c.Caller, in.ID)
}

// notTogether: guests, who may see only those in the same room, have no session here.
const notTogether = false

func (a *API) userCard(ctx context.Context, c *caller, in *ByID) (*only[accounts.Card], error) {
	card, err := a.deps.Accounts.Card(ctx, c.Caller, in.ID, notTogether)
	return &only[accounts.Card]{card}, err
}

func (a *API) sendPasswordLink(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.SendPasswordLink(ctx, c.Caller, in.ID)
}

func (a *API) resetSecondFactor(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.DropSecondFactor(ctx, c.Caller, in.ID)
}

func (a *API) listDepartments(ctx context.Context, c *caller, _ *none) (*only[list[accounts.Department]], error) {
	all, seq, err := a.deps.Accounts.Departments(ctx, c.Caller)
	return listed(all, "", seq), err
}

type named struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

func (a *API) createDepartment(ctx context.Context, c *caller, in *struct{ Body named }) (*one[accounts.Department], error) {
	d, err := a.deps.Accounts.CreateDepartment(ctx, c.Caller, in.Body.Name)
	return versioned(d, d.Version), err
}

func (a *API) renameDepartment(ctx context.Context, c *caller, in *struct {
	ByID
	Match
	Body named
}) (*one[accounts.Department], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	d, err := a.deps.Accounts.RenameDepartment(ctx, c.Caller, in.ID, in.Body.Name, version)
	return versioned(d, d.Version), err
}

func (a *API) deleteDepartment(ctx context.Context, c *caller, in *ByID) (*none, error) {
	return nil, a.deps.Accounts.DeleteDepartment(ctx, c.Caller, in.ID)
}
