package accounts

import (
	"context"

	"switchyard/internal/db"
)

// notify tells a user by mail what was done to its account, so that who did not do it notices: to is the address that was the
// account's before. The mail says when and from where, and holds no secret and no link: it is not to be confused with what
// asks for a password.
func (s *Service) notify(ctx context.Context, tx *db.Tx, c Caller, r *userRow, to string, t text, detail ...any) error {
	when := s.now().UTC().Format("2006-01-02 15:04 UTC")
	if from := addressText(c.Address); from != "" {
		when += ", " + from
	}
	return s.mail(ctx, tx, r, to, t, append(append([]any{r.Name}, detail...), when)...)
}

// The arguments of notices are the name of the receiver, what the notice is about if it is about one thing of several, and when and
// from where it was done.

var passwordChangedText = text{
	"en": {"Your password was changed", "Hello %s,\n\nthe password of your account was changed:\n\n%s\n" + notYouEN},
	"nl": {"Uw wachtwoord is gewijzigd", "Hallo %s,\n\nhet wachtwoord van uw account is gewijzigd:\n\n%s\n" + notYouNL},
	"fr": {"Votre mot de passe a été modifié", "Bonjour %s,\n\nle mot de passe de votre compte a été modifié :\n\n%s\n" + notYouFR},
	"de": {"Ihr Passwort wurde geändert", "Guten Tag %s,\n\ndas Passwort Ihres Kontos wurde geändert:\n\n%s\n" + notYouDE},
	"ja": {"パスワードが変更されました", "%s 様\n\nあなたのアカウントのパスワードが変更されました。\n\n%s\n" + notYouJA},
}

var secondFactorOnText = text{
	"en": {"Two-step verification is on", "Hello %s,\n\ntwo-step verification was turned on for your account:\n\n%s\n" + notYouEN},
	"nl": {"Verificatie in twee stappen staat aan", "Hallo %s,\n\nverificatie in twee stappen is ingeschakeld voor uw account:\n\n%s\n" + notYouNL},
	"fr": {"La validation en deux étapes est activée", "Bonjour %s,\n\nla validation en deux étapes a été activée pour votre compte :\n\n%s\n" + notYouFR},
	"de": {"Die Bestätigung in zwei Schritten ist eingeschaltet", "Guten Tag %s,\n\ndie Bestätigung in zwei Schritten wurde für Ihr Konto eingeschaltet:\n\n%s\n" + notYouDE},
	"ja": {"2段階認証が有効になりました", "%s 様\n\nあなたのアカウントの2段階認証が有効になりました。\n\n%s\n" + notYouJA},
}

var secondFactorOffText = text{
	"en": {"Two-step verification is off", "Hello %s,\n\ntwo-step verification was turned off for your account:\n\n%s\n" + notYouEN},
	"nl": {"Verificatie in twee stappen staat uit", "Hallo %s,\n\nverificatie in twee stappen is uitgeschakeld voor uw account:\n\n%s\n" + notYouNL},
	"fr": {"La validation en deux étapes est désactivée", "Bonjour %s,\n\nla validation en deux étapes a été désactivée pour votre compte :\n\n%s\n" + notYouFR},
	"de": {"Die Bestätigung in zwei Schritten ist ausgeschaltet", "Guten Tag %s,\n\ndie Bestätigung in zwei Schritten wurde für Ihr Konto ausgeschaltet:\n\n%s\n" + notYouDE},
	"ja": {"2段階認証が無効になりました", "%s 様\n\nあなたのアカウントの2段階認証が無効になりました。\n\n%s\n" + notYouJA},
}

var secondFactorResetText = text{
	"en": {"Two-step verification was reset", "Hello %s,\n\nan administrator turned off two-step verification for your account. You can turn it on again yourself:\n\n%s\n" + notYouEN},
	"nl": {"Verificatie in twee stappen is opnieuw ingesteld", "Hallo %s,\n\neen beheerder heeft verificatie in twee stappen voor uw account uitgeschakeld. U kunt die zelf weer inschakelen:\n\n%s\n" + notYouNL},
	"fr": {"La validation en deux étapes a été réinitialisée", "Bonjour %s,\n\nun administrateur a désactivé la validation en deux étapes pour votre compte. Vous pouvez la réactiver vous-même :\n\n%s\n" + notYouFR},
	"de": {"Die Bestätigung in zwei Schritten wurde zurückgesetzt", "Guten Tag %s,\n\neine Administratorin oder ein Administrator hat die Bestätigung in zwei Schritten für Ihr Konto ausgeschaltet. Sie können sie selbst wieder einschalten:\n\n%s\n" + notYouDE},
	"ja": {"2段階認証がリセットされました", "%s 様\n\n管理者があなたのアカウントの2段階認証を無効にしました。ご自身で再び有効にできます。\n\n%s\n" + notYouJA},
}

var addressChangedText = text{
	"en": {"The address of your account was changed", "Hello %s,\n\nyour account does not use this e-mail address any more; it has another one now:\n\n%s\n" + notYouEN},
	"nl": {"Het adres van uw account is gewijzigd", "Hallo %s,\n\nuw account gebruikt dit e-mailadres niet meer; het heeft nu een ander adres:\n\n%s\n" + notYouNL},
	"fr": {"L'adresse de votre compte a été modifiée", "Bonjour %s,\n\nvotre compte n'utilise plus cette adresse e-mail ; il en a maintenant une autre :\n\n%s\n" + notYouFR},
	"de": {"Die Adresse Ihres Kontos wurde geändert", "Guten Tag %s,\n\nIhr Konto verwendet diese E-Mail-Adresse nicht mehr; es hat jetzt eine andere:\n\n%s\n" + notYouDE},
	"ja": {"アカウントのメールアドレスが変更されました", "%s 様\n\nあなたのアカウントはこのメールアドレスを使用しなくなり、別のアドレスに変更されました。\n\n%s\n" + notYouJA},
}

var keyMadeText = text{
	"en": {"An API key was made", "Hello %s,\n\nthe API key “%s” was made with your account. Whoever has it acts for your organisation:\n\n%s\n" + notYouEN},
	"nl": {"Er is een API-sleutel gemaakt", "Hallo %s,\n\nmet uw account is de API-sleutel ‘%s’ gemaakt. Wie hem heeft, handelt namens uw organisatie:\n\n%s\n" + notYouNL},
	"fr": {"Une clé d'API a été créée", "Bonjour %s,\n\nla clé d'API « %s » a été créée avec votre compte. Qui la possède agit au nom de votre organisation :\n\n%s\n" + notYouFR},
	"de": {"Ein API-Schlüssel wurde angelegt", "Guten Tag %s,\n\nmit Ihrem Konto wurde der API-Schlüssel „%s“ angelegt. Wer ihn hat, handelt für Ihre Organisation:\n\n%s\n" + notYouDE},
	"ja": {"APIキーが作成されました", "%s 様\n\nあなたのアカウントでAPIキー「%s」が作成されました。キーを持つ人は組織の代わりに操作できます。\n\n%s\n" + notYouJA},
}

const (
	notYouEN = "\nIf you know of it, there is nothing to do. If not, tell your administrator at once.\n"
	notYouNL = "\nWeet u hiervan, dan hoeft u niets te doen. Zo niet, neem dan meteen contact op met uw beheerder.\n"
	notYouFR = "\nSi vous êtes au courant, il n'y a rien à faire. Sinon, prévenez immédiatement votre administrateur.\n"
	notYouDE = "\nWissen Sie davon, ist nichts zu tun. Wenn nicht, sagen Sie es sofort Ihrer Administration.\n"
	notYouJA = "\nお心当たりがある場合、対応は不要です。お心当たりがない場合は、すぐに管理者にご連絡ください。\n"
)
