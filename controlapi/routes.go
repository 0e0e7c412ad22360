package controlapi

import "github.com/danielgtaylor/huma/v2"

// tags are the chapters of the reference.
var tags = []*huma.Tag{
	{Name: "sign-in", Description: "Sessions, passwords, single sign-on."},
	{Name: "self", Description: "What users may read and change of themselves."},
	{Name: "users", Description: "The people of a tenant."},
	{Name: "departments", Description: "Groups of people, which may have administrators of their own."},
	{Name: "administration", Description: "Settings, keys for other services, the audit log, tenants."},
	{Name: "meetings", Description: "Meetings: when they are, who is invited, who was there."},
	{Name: "joining", Description: "From a number or a link to a token for the door of a room."},
	{Name: "hosts", Description: "The lobby, the people in the room, guests."},
	{Name: "rooms", Description: "What runs now: rooms, participants, tracks. The media API that other products embed."},
	{Name: "events", Description: "What happened, in order and without gaps."},
	{Name: "webhooks", Description: "Addresses that are told of events, signed and in order."},
	{Name: "calendars", Description: "A user's other calendars."},
	{Name: "appliance", Description: "The server itself."},
}

// routes registers every operation, in the order of the reference.
func (a *API) routes() {
	a.authRoutes()
	a.meRoutes()
	a.termsRoutes()
	a.avatarRoutes()
	a.userRoutes()
	a.tenantRoutes()
	a.meetingRoutes()
	a.joinRoutes()
	a.hostRoutes()
	a.roomRoutes()
	a.eventRoutes()
	a.webhookRoutes()
	a.calendarRoutes()
	a.versionRoutes()
}
