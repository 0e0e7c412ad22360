package meetings

import (
	"fmt"
	"strings"
)

// words are what invitations are written with.
type words struct {
	hello                                                 string
	invites, invitesNow, changed, cancelled, uninvited    string // by whom
	subjectInvites, subjectChanged, subjectCancelled      string
	when, repeats, join, phone, conference, passcode, own string
}

var wordings = map[string]words{
	"en": {
		hello:   "Hello %s,",
		invites: "%s invites you to a meeting.", invitesNow: "%s invites you to a meeting that takes place now.",
		changed: "%s has changed a meeting.", cancelled: "%s has cancelled a meeting.", uninvited: "%s does not expect you at a meeting any more.",
		subjectInvites: "Invitation: %s", subjectChanged: "Changed: %s", subjectCancelled: "Cancelled: %s",
		when: "When", repeats: "Repeats", join: "Join", phone: "By telephone", conference: "Meeting number", passcode: "Passcode",
		own: "This link is for you alone: you join with it under your name.",
	},
	"nl": {
		hello:   "Hallo %s,",
		invites: "%s nodigt u uit voor een vergadering.", invitesNow: "%s nodigt u uit voor een vergadering die nu plaatsvindt.",
		changed: "%s heeft een vergadering gewijzigd.", cancelled: "%s heeft een vergadering geannuleerd.", uninvited: "%s verwacht u niet meer bij een vergadering.",
		subjectInvites: "Uitnodiging: %s", subjectChanged: "Gewijzigd: %s", subjectCancelled: "Geannuleerd: %s",
		when: "Wanneer", repeats: "Herhaling", join: "Deelnemen", phone: "Per telefoon", conference: "Vergaderingsnummer", passcode: "Toegangscode",
		own: "Deze link is alleen voor u: u neemt ermee deel onder uw naam.",
	},
	"fr": {
		hello:   "Bonjour %s,",
		invites: "%s vous invite à une réunion.", invitesNow: "%s vous invite à une réunion qui a lieu maintenant.",
		changed: "%s a modifié une réunion.", cancelled: "%s a annulé une réunion.", uninvited: "%s ne vous attend plus à une réunion.",
		subjectInvites: "Invitation : %s", subjectChanged: "Modifié : %s", subjectCancelled: "Annulé : %s",
		when: "Quand", repeats: "Répétition", join: "Participer", phone: "Par téléphone", conference: "Numéro de réunion", passcode: "Code d'accès",
		own: "Ce lien est pour vous seul : il vous fait participer sous votre nom.",
	},
	"de": {
		hello:   "Guten Tag %s,",
		invites: "%s lädt Sie zu einer Besprechung ein.", invitesNow: "%s lädt Sie zu einer Besprechung ein, die jetzt stattfindet.",
		changed: "%s hat eine Besprechung geändert.", cancelled: "%s hat eine Besprechung abgesagt.", uninvited: "%s erwartet Sie nicht mehr zu einer Besprechung.",
		subjectInvites: "Einladung: %s", subjectChanged: "Geändert: %s", subjectCancelled: "Abgesagt: %s",
		when: "Wann", repeats: "Wiederholung", join: "Teilnehmen", phone: "Per Telefon", conference: "Besprechungsnummer", passcode: "Kenncode",
		own: "Dieser Link ist nur für Sie: Sie nehmen damit unter Ihrem Namen teil.",
	},
	"ja": {
		hello:   "%s 様",
		invites: "%s さんから会議に招待されています。", invitesNow: "%s さんから、現在開催中の会議に招待されています。",
		changed: "%s さんが会議を変更しました。", cancelled: "%s さんが会議をキャンセルしました。", uninvited: "%s さんの会議への参加は不要になりました。",
		subjectInvites: "招待：%s", subjectChanged: "変更：%s", subjectCancelled: "キャンセル：%s",
		when: "日時", repeats: "繰り返し", join: "参加", phone: "電話", conference: "会議番号", passcode: "パスコード",
		own: "このリンクはあなた専用です。あなたの名前で参加できます。",
	},
}

func wordsOf(language string) words {
	if w, found := wordings[language]; found {
		return w
	}
	return wordings["en"]
}

// timeLines say when a meeting is, or one occurrence of it.
func (w words) timeLines(r *meetingRow, o *Occurrence, language string) []string {
	s, err := r.series()
	if r.Kind != Scheduled || err != nil || o == nil {
		return nil
	}
	calendar := calendarOf(language)
	lines := []string{w.when + ": " + calendar.spanText(o, s.zone)}
	if rule := calendar.ruleWords(&s); rule != "" {
		lines = append(lines, w.repeats+": "+rule)
	}
	return lines
}

// phoneLines say how to take part by telephone; all says whether every number is named or only the primary one.
func (w words) phoneLines(r *meetingRow, numbers []DialIn, guestCode string, all bool) []string {
	var lines []string
	for i, n := range numbers {
		if all || n.Primary || i == 0 && !hasPrimary(numbers) {
			lines = append(lines, fmt.Sprintf("%s: %s (%s %s)", w.phone, n.Number, n.Country, n.Label))
		}
	}
	return append(lines, w.conference+": "+spaced(r.Number), w.passcode+": "+guestCode)
}

func hasPrimary(numbers []DialIn) bool {
	for _, n := range numbers {
		if n.Primary {
			return true
		}
	}
	return false
}

// spaced is a number as people read it out.
func spaced(number string) string {
	if len(number) != numberDigits {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

func paragraphs(parts ...[]string) string {
	var all []string
	for _, lines := range parts {
		if len(lines) > 0 {
			all = append(all, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(all, "\n\n") + "\n"
}
