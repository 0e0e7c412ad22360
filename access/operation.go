package access

import (
	"iter"
	"maps"
	"slices"
)

// Operation is one thing that can be done, named what.how.
type Operation string

// Scope is what an API key was made for.
type Scope string

// The scopes.
const (
	ScopeUsersRead     Scope = "users:read"
	ScopeUsersWrite    Scope = "users:write"
	ScopeMeetingsRead  Scope = "meetings:read"
	ScopeMeetingsWrite Scope = "meetings:write"
	ScopeRoomsRead     Scope = "rooms:read"
	ScopeRoomsWrite    Scope = "rooms:write"
	ScopeEventsRead    Scope = "events:read"
	ScopeSettings      Scope = "settings:write"
	ScopeWebhooks      Scope = "webhooks:write"
	ScopeAudit         Scope = "audit:read"
)

// Scopes are all of them.
var Scopes = []Scope{
	ScopeUsersRead, ScopeUsersWrite, ScopeMeetingsRead, ScopeMeetingsWrite, ScopeRoomsRead,
	ScopeRoomsWrite, ScopeEventsRead, ScopeSettings, ScopeWebhooks, ScopeAudit,
}

// The operations. What each means is the method of the service that asks for it.
const (
	SignIn        Operation = "session.create"
	SelfRead      Operation = "self.read"
	SelfUpdate    Operation = "self.update"   // name, language, avatar, preferences
	SelfSecurity  Operation = "self.security" // second factor
	SelfPassword  Operation = "self.password"
	SelfSessions  Operation = "self.sessions"
	SelfCalendars Operation = "self.calendars"

	UserList       Operation = "user.list"
	UserRead       Operation = "user.read"
	UserCard       Operation = "user.card"    // name and picture
	UserPicture    Operation = "user.picture" // by an address that one was told
	UserCreate     Operation = "user.create"
	UserUpdate     Operation = "user.update"
	UserRole       Operation = "user.role"
	UserDelete     Operation = "user.delete"
	UserResetSafe  Operation = "user.reset" // password link, second factor, sessions
	DepartmentList Operation = "department.list"
	DepartmentEdit Operation = "department.edit"
	TenantList     Operation = "tenant.list"
	TenantEdit     Operation = "tenant.edit"
	SettingsRead   Operation = "settings.read"
	SettingsEdit   Operation = "settings.edit"
	SecurityEdit   Operation = "settings.security" // single sign-on
	KeyList        Operation = "apikey.list"
	KeyEdit        Operation = "apikey.edit"
	AuditRead      Operation = "audit.read"
	EventsRead     Operation = "events.read" // what its audience includes
	EventsReadAll  Operation = "events.all"
	WebhookList    Operation = "webhook.list"
	WebhookEdit    Operation = "webhook.edit"

	MeetingList   Operation = "meeting.list"
	MeetingRead   Operation = "meeting.read"
	MeetingChat   Operation = "meeting.chat" // what was said in it
	MeetingCreate Operation = "meeting.create"
	MeetingUpdate Operation = "meeting.update"
	MeetingDelete Operation = "meeting.delete"
	MeetingJoin   Operation = "meeting.join"
	MeetingLookup Operation = "meeting.lookup" // by number or link
	MeetingHost   Operation = "meeting.host"   // admit, remove, mute, lower hands, lock, end
	MeetingInvite Operation = "meeting.invite"

	RoomList  Operation = "room.list"
	RoomAct   Operation = "room.act"
	RoomToken Operation = "room.token"
)

// rule says how far each role may go.
type rule struct {
	anonymous, guest, user, departmentAdmin, admin, operator Reach
	scope                                                    Scope // that an API key needs; "" : no key may
	fresh                                                    bool  // a user has to have proved lately who it is
	hidden                                                   bool  // what is out of reach does not exist
	ranked                                                   bool  // only administrators may do it to who is more than an ordinary user
}

// everyone, own, admins: rows that come again.
func own() rule {
	return rule{user: Owned, departmentAdmin: Owned, admin: Owned}
}

func ownFresh() rule {
	r := own()
	r.fresh = true
	return r
}

func users(scope Scope) rule {
	return rule{user: InTenant, departmentAdmin: InTenant, admin: InTenant, scope: scope}
}

func departments(scope Scope) rule {
	return rule{departmentAdmin: InDepartment, admin: InTenant, scope: scope}
}

// overUsers is a rule for power over somebody's account.
func overUsers(scope Scope) rule {
	r := departments(scope)
	r.ranked = true
	return r
}

func admins(scope Scope) rule { return rule{admin: InTenant, scope: scope} }

func adminsFresh(scope Scope) rule { return rule{admin: InTenant, scope: scope, fresh: true} }

// table is the whole of it.
var table = map[Operation]rule{
	SignIn:        {anonymous: InTenant, guest: InTenant, user: InTenant, departmentAdmin: InTenant, admin: InTenant},
	SelfRead:      own(),
	SelfUpdate:    own(),
	SelfSecurity:  ownFresh(),
	SelfPassword:  own(), // it asks for the old one
	SelfSessions:  own(),
	SelfCalendars: own(),

	UserList:       users(ScopeUsersRead),
	UserRead:       {user: Owned, departmentAdmin: SharingDepartment, admin: InTenant, scope: ScopeUsersRead},
	UserCard:       {guest: Participating, user: InTenant, departmentAdmin: InTenant, admin: InTenant, scope: ScopeUsersRead, hidden: true},
	UserPicture:    {anonymous: InTenant, guest: InTenant, user: InTenant, departmentAdmin: InTenant, admin: InTenant, scope: ScopeUsersRead},
	UserCreate:     departments(ScopeUsersWrite),
	UserUpdate:     overUsers(ScopeUsersWrite),
	UserRole:       adminsFresh(""),
	UserDelete:     overUsers(ScopeUsersWrite),
	UserResetSafe:  {departmentAdmin: InDepartment, admin: InTenant, fresh: true, ranked: true},
	DepartmentList: users(ScopeUsersRead),
	DepartmentEdit: admins(ScopeUsersWrite),
	TenantList:     {operator: Everywhere},
	TenantEdit:     {operator: Everywhere, fresh: true},
	SettingsRead:   users(ScopeSettings),
	SettingsEdit:   admins(ScopeSettings),
	SecurityEdit:   adminsFresh(""),
	KeyList:        admins(""),
	KeyEdit:        adminsFresh(""),
	AuditRead:      admins(ScopeAudit),
	EventsRead:     users(ScopeEventsRead),
	EventsReadAll:  admins(ScopeEventsRead),
	WebhookList:    admins(ScopeWebhooks),
	WebhookEdit:    admins(ScopeWebhooks),

	MeetingList:   users(ScopeMeetingsRead),
	MeetingRead:   {guest: Participating, user: Participating, departmentAdmin: Participating, admin: InTenant, scope: ScopeMeetingsRead, hidden: true},
	MeetingChat:   {user: Participating, departmentAdmin: Participating, admin: InTenant, scope: ScopeMeetingsRead, hidden: true},
	MeetingCreate: users(ScopeMeetingsWrite),
	MeetingUpdate: {user: CoOrganised, departmentAdmin: CoOrganised, admin: InTenant, scope: ScopeMeetingsWrite},
	MeetingDelete: {user: Owned, departmentAdmin: Owned, admin: InTenant, scope: ScopeMeetingsWrite},
	MeetingJoin:   {guest: Participating, user: InTenant, departmentAdmin: InTenant, admin: InTenant},
	MeetingLookup: {anonymous: InTenant, guest: InTenant, user: InTenant, departmentAdmin: InTenant, admin: InTenant, scope: ScopeMeetingsRead},
	MeetingHost:   {user: CoOrganised, departmentAdmin: CoOrganised, admin: InTenant, scope: ScopeMeetingsWrite},
	MeetingInvite: {user: CoOrganised, departmentAdmin: CoOrganised, admin: InTenant, scope: ScopeMeetingsWrite},

	RoomList:  admins(ScopeRoomsRead),
	RoomAct:   admins(ScopeRoomsWrite),
	RoomToken: {scope: ScopeRoomsWrite},
}

// Operations are all of them in the order of their names.
func Operations() iter.Seq[Operation] {
	return slices.Values(slices.Sorted(maps.Keys(table)))
}
