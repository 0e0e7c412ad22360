package accounts

import (
	"fmt"

	"switchyard/internal/mail"
)

// text is a mail in each language, English first. Its arguments are the name of the receiver and a link.
type text map[string]wording

type wording struct{ subject, body string }

func (t text) in(language string) wording {
	if w, found := t[language]; found {
		return w
	}
	return t["en"]
}

func (w wording) message(to, name, language string, args ...any) mail.Message {
	return mail.Message{To: to, ToName: name, Language: language, Subject: w.subject, Text: fmt.Sprintf(w.body, args...)}
}

var welcomeText = text{
	"en": {"Your account", "Hello %s,\n\nan account was made for you. Choose a password here; the link works once, for seven days:\n\n%s\n"},
	"nl": {"Uw account", "Hallo %s,\n\ner is een account voor u aangemaakt. Kies hier een wachtwoord; de link werkt één keer, zeven dagen lang:\n\n%s\n"},
	"fr": {"Votre compte", "Bonjour %s,\n\nun compte a été créé pour vous. Choisissez ici un mot de passe ; le lien fonctionne une seule fois, pendant sept jours :\n\n%s\n"},
	"de": {"Ihr Konto", "Guten Tag %s,\n\nfür Sie wurde ein Konto angelegt. Wählen Sie hier ein Passwort; der Link gilt einmal und sieben Tage lang:\n\n%s\n"},
	"ja": {"アカウントのご案内", "%s 様\n\nあなたのアカウントが作成されました。次のリンクからパスワードを設定してください（1回のみ、7日間有効）。\n\n%s\n"},
}

var forgotText = text{
	"en": {"Choose a new password", "Hello %s,\n\nsomebody, probably you, asked for a new password. The link works once, for 30 minutes:\n\n%s\n\nIf it was not you, do nothing: your password stays as it is.\n"},
	"nl": {"Kies een nieuw wachtwoord", "Hallo %s,\n\niemand, waarschijnlijk u, heeft om een nieuw wachtwoord gevraagd. De link werkt één keer, 30 minuten lang:\n\n%s\n\nWas u het niet, dan hoeft u niets te doen: uw wachtwoord blijft zoals het is.\n"},
	"fr": {"Choisissez un nouveau mot de passe", "Bonjour %s,\n\nquelqu'un, sans doute vous, a demandé un nouveau mot de passe. Le lien fonctionne une seule fois, pendant 30 minutes :\n\n%s\n\nSi ce n'était pas vous, ne faites rien : votre mot de passe reste le même.\n"},
	"de": {"Neues Passwort wählen", "Guten Tag %s,\n\njemand, vermutlich Sie, hat ein neues Passwort angefordert. Der Link gilt einmal und 30 Minuten lang:\n\n%s\n\nWaren Sie es nicht, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.\n"},
	"ja": {"新しいパスワードの設定", "%s 様\n\nパスワードの再設定が要求されました。次のリンクから設定してください（1回のみ、30分間有効）。\n\n%s\n\nお心当たりがない場合は何もしないでください。パスワードは変わりません。\n"},
}

var newAddressText = text{
	"en": {"Confirm your new address", "Hello %s,\n\nfollow this link to use this address for your account. It works once, for a day:\n\n%s\n"},
	"nl": {"Bevestig uw nieuwe adres", "Hallo %s,\n\nvolg deze link om dit adres voor uw account te gebruiken. Hij werkt één keer, een dag lang:\n\n%s\n"},
	"fr": {"Confirmez votre nouvelle adresse", "Bonjour %s,\n\nsuivez ce lien pour utiliser cette adresse pour votre compte. Il fonctionne une seule fois, pendant un jour :\n\n%s\n"},
	"de": {"Neue Adresse bestätigen", "Guten Tag %s,\n\nfolgen Sie diesem Link, um diese Adresse für Ihr Konto zu verwenden. Er gilt einmal und einen Tag lang:\n\n%s\n"},
	"ja": {"新しいメールアドレスの確認", "%s 様\n\nこのアドレスをアカウントで使用するには、次のリンクを開いてください（1回のみ、1日間有効）。\n\n%s\n"},
}
