package meetings

import (
	"maps"
	"slices"
	"time"
)

// texts is one sentence in each language.
type texts map[string]string

func (t texts) in(language string) string {
	if s, found := t[language]; found {
		return s
	}
	return t["en"]
}

var waitingTexts = map[string]texts{
	waitHost: {
		"en": "Waiting for the host to start the meeting.",
		"nl": "Wachten tot de gastheer de vergadering begint.",
		"fr": "En attente de l'hôte, qui doit commencer la réunion.",
		"de": "Warten, bis der Gastgeber die Besprechung beginnt.",
		"ja": "主催者が会議を開始するのを待っています。",
	},
	waitLobby: {
		"en": "The host has been told that you are waiting.",
		"nl": "De gastheer weet dat u wacht.",
		"fr": "L'hôte sait que vous attendez.",
		"de": "Der Gastgeber weiß, dass Sie warten.",
		"ja": "お待ちいただいていることを主催者に伝えました。",
	},
	waitLocked: {
		"en": "The meeting is locked. The host has been told that you are waiting.",
		"nl": "De vergadering is vergrendeld. De gastheer weet dat u wacht.",
		"fr": "La réunion est verrouillée. L'hôte sait que vous attendez.",
		"de": "Die Besprechung ist gesperrt. Der Gastgeber weiß, dass Sie warten.",
		"ja": "会議はロックされています。お待ちいただいていることを主催者に伝えました。",
	},
}

func waitingText(reason, language string) string { return waitingTexts[reason].in(language) }

var refusalTexts = map[string]texts{
	"removed": {
		"en": "You were removed from the meeting.",
		"nl": "U bent uit de vergadering verwijderd.",
		"fr": "Vous avez été retiré de la réunion.",
		"de": "Sie wurden aus der Besprechung entfernt.",
		"ja": "会議から退出させられました。",
	},
	"waiting_refused": {
		"en": "The host did not let you in.",
		"nl": "De gastheer heeft u niet toegelaten.",
		"fr": "L'hôte ne vous a pas laissé entrer.",
		"de": "Der Gastgeber hat Sie nicht eingelassen.",
		"ja": "主催者が参加を許可しませんでした。",
	},
	"cancelled": {
		"en": "The meeting was cancelled.",
		"nl": "De vergadering is geannuleerd.",
		"fr": "La réunion a été annulée.",
		"de": "Die Besprechung wurde abgesagt.",
		"ja": "会議はキャンセルされました。",
	},
	"lobby_full": {
		"en": "Too many people are waiting for this meeting.",
		"nl": "Er wachten te veel mensen op deze vergadering.",
		"fr": "Trop de personnes attendent cette réunion.",
		"de": "Zu viele Personen warten auf diese Besprechung.",
		"ja": "この会議を待っている人が多すぎます。",
	},
	"waiting_ended": {
		"en": "Nobody let you in.",
		"nl": "Niemand heeft u toegelaten.",
		"fr": "Personne ne vous a laissé entrer.",
		"de": "Niemand hat Sie eingelassen.",
		"ja": "誰も参加を許可しませんでした。",
	},
	"replaced": {
		"en": "You are waiting in another window.",
		"nl": "U wacht in een ander venster.",
		"fr": "Vous attendez dans une autre fenêtre.",
		"de": "Sie warten in einem anderen Fenster.",
		"ja": "別のウィンドウで待機しています。",
	},
	"inactive": {
		"en": "Your account is not active.",
		"nl": "Uw account is niet actief.",
		"fr": "Votre compte n'est pas actif.",
		"de": "Ihr Konto ist nicht aktiv.",
		"ja": "アカウントが無効になっています。",
	},
	"suspended": {
		"en": "The organisation of this meeting is not active.",
		"nl": "De organisatie van deze vergadering is niet actief.",
		"fr": "L'organisation de cette réunion n'est pas active.",
		"de": "Die Organisation dieser Besprechung ist nicht aktiv.",
		"ja": "この会議の組織は無効になっています。",
	},
}

// RefusalCodes are those that a Refusal may have.
func RefusalCodes() []string { return slices.Sorted(maps.Keys(refusalTexts)) }

func refusalText(code, language string) string { return refusalTexts[code].in(language) }

func refuse(code, language string, retry time.Duration) error {
	return &Refusal{Code: code, Reason: refusalText(code, language), Retry: retry}
}
