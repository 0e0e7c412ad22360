package meetings

import (
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

// calendarWords are how a language writes dates and how often something recurs.
type calendarWords struct {
	weekdays [7]string  // from Sunday
	months   [12]string // from January
	day      string     // format of a day: weekday, day, month, year
	every    [4]string  // year, month, week, day
	everyN   [4]string  // the same, several of them
	until    string
	times    string
}

var calendars = map[string]calendarWords{
	"en": {
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		day:      "%[1]s, %[2]d %[3]s %[4]d",
		every:    [4]string{"every year", "every month", "every week", "every day"},
		everyN:   [4]string{"every %d years", "every %d months", "every %d weeks", "every %d days"},
		until:    "until %s", times: "%d times",
	},
	"nl": {
		weekdays: [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		months:   [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		day:      "%[1]s %[2]d %[3]s %[4]d",
		every:    [4]string{"elk jaar", "elke maand", "elke week", "elke dag"},
		everyN:   [4]string{"elke %d jaar", "elke %d maanden", "elke %d weken", "elke %d dagen"},
		until:    "tot en met %s", times: "%d keer",
	},
	"fr": {
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		day:      "%[1]s %[2]d %[3]s %[4]d",
		every:    [4]string{"tous les ans", "tous les mois", "toutes les semaines", "tous les jours"},
		everyN:   [4]string{"tous les %d ans", "tous les %d mois", "toutes les %d semaines", "tous les %d jours"},
		until:    "jusqu'au %s", times: "%d fois",
	},
	"de": {
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		day:      "%[1]s, %[2]d. %[3]s %[4]d",
		every:    [4]string{"jedes Jahr", "jeden Monat", "jede Woche", "jeden Tag"},
		everyN:   [4]string{"alle %d Jahre", "alle %d Monate", "alle %d Wochen", "alle %d Tage"},
		until:    "bis %s", times: "%d-mal",
	},
	"ja": {
		weekdays: [7]string{"日", "月", "火", "水", "木", "金", "土"},
		months:   [12]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
		day:      "%[4]d年%[3]s月%[2]d日（%[1]s）",
		every:    [4]string{"毎年", "毎月", "毎週", "毎日"},
		everyN:   [4]string{"%d年ごと", "%dか月ごと", "%d週間ごと", "%d日ごと"},
		until:    "%sまで", times: "%d回",
	},
}

func calendarOf(language string) calendarWords {
	if w, found := calendars[language]; found {
		return w
	}
	return calendars["en"]
}

// dayText is a day as a language writes it.
func (w calendarWords) dayText(t time.Time) string {
	return fmt.Sprintf(w.day, w.weekdays[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
}

// spanText is when an occurrence is, in the meeting's zone.
func (w calendarWords) spanText(o *Occurrence, zone *time.Location) string {
	from, to := o.Start.In(zone), o.End.In(zone)
	text := w.dayText(from) + ", " + from.Format("15:04") + "–" + to.Format("15:04")
	if from.YearDay() != to.YearDay() || from.Year() != to.Year() {
		text = w.dayText(from) + ", " + from.Format("15:04") + " – " + w.dayText(to) + ", " + to.Format("15:04")
	}
	return text + " (" + zone.String() + ")"
}

// ruleWords is roughly how often a series recurs, "" if it does not.
func (w calendarWords) ruleWords(s *series) string {
	if s.rule == nil {
		return ""
	}
	i := map[rrule.Frequency]int{rrule.YEARLY: 0, rrule.MONTHLY: 1, rrule.WEEKLY: 2, rrule.DAILY: 3}[s.rule.Freq]
	text := w.every[i]
	if s.rule.Interval > 1 {
		text = fmt.Sprintf(w.everyN[i], s.rule.Interval)
	}
	switch {
	case s.rule.Count > 0:
		text += ", " + fmt.Sprintf(w.times, s.rule.Count)
	case !s.rule.Until.IsZero():
		text += ", " + fmt.Sprintf(w.until, w.dayText(s.rule.Until))
	}
	return text
}
