package decode

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

var teamsHook = lazy.New(`(?i)\b(?:outlook\.office(?:365)?\.com/webhook|[0-9a-z-]{1,63}\.webhook\.office\.com/webhookb2)/([0-9a-f-]{36})@([0-9a-f-]{36})/IncomingWebhook/[0-9a-z]{32}/([0-9a-f-]{36})`)

// readTeams reads incoming webhooks of Microsoft Teams. What the parts of the
// path are is not documented; they are those of the group, the tenant and the
// user of Entra ID who made it.
func readTeams(in *Input) []leak.Evidence {
	if len(in.Value) > 2048 || !strings.Contains(in.Value, "/IncomingWebhook/") {
		return nil
	}
	m := teamsHook.FindStringSubmatch(in.Value)
	if m == nil || !uuidForm.MatchString(m[1]) || !uuidForm.MatchString(m[2]) || !uuidForm.MatchString(m[3]) {
		return nil
	}
	v := of("microsoftteams", leak.Webhook, "Teams incoming webhook", 0.95, "the path of the webhook")
	v.tenant("tenant", strings.ToLower(m[2]), "the tenant in the path of the webhook")
	v.say(leak.ClaimID, strings.ToLower(m[1]), "the team in the path of the webhook")
	v.say(leak.ClaimScope, "team "+strings.ToLower(m[1]), "the team in the path of the webhook")
	v.say(leak.ClaimHuman, strings.ToLower(m[3]), "who made the webhook: an object's id in its path")
	v.say(leak.ClaimPermission, "send", "a webhook posts to one channel")
	return v.out
}

// slackKinds are the prefixes of tokens
// (https://docs.slack.dev/authentication/tokens, https://docs.slack.dev/authentication/using-token-rotation).
var slackKinds = []struct {
	prefix     string
	typ        leak.IdentityType
	kind, note string
}{
	{"xoxe.xoxb-", leak.Bot, "bot token that rotates", "it ends after 12 hours"},
	{"xoxe.xoxp-", leak.OAuthToken, "user token that rotates, or app configuration token", "it ends after 12 hours"},
	{"xoxe-", leak.OAuthToken, "refresh token", "it makes new tokens, once"},
	{"xoxb-", leak.Bot, "bot token", ""},
	{"xoxp-", leak.OAuthToken, "user token", "an app acts with it as a person"},
	{"xapp-", leak.OAuthApp, "app-level token", ""},
	{"xwfp-", leak.Bot, "workflow token", "it ends with the step of the workflow, or after 15 minutes"},
	{"xoxa-", leak.OAuthToken, "workspace token of the old kind", ""},
	{"xoxr-", leak.OAuthToken, "refresh token of the old kind", ""},
	{"xoxo-", leak.HumanAccount, "token of the old kind", ""},
	{"xoxs-", leak.HumanAccount, "session token", "it acts as a person logged in"},
	{"xoxc-", leak.HumanAccount, "session token", "it acts as a person logged in, with the cookie that belongs to it"},
	{"xoxd-", leak.HumanAccount, "session cookie", "it acts as a person logged in"},
}

func readSlack(in *Input) []leak.Evidence {
	t := in.Value
	if len(t) < 20 || len(t) > 600 || t[0] != 'x' {
		return nil
	}
	for _, k := range slackKinds {
		body, ok := strings.CutPrefix(t, k.prefix)
		if !ok || !only(body, urlChars+"%+/=") {
			continue
		}
		why := "the prefix " + k.prefix
		v := of("slack", k.typ, "Slack "+k.kind, 0.8, why)
		v.say(leak.ClaimNote, k.note, why)
		fields := strings.Split(body, "-")
		switch k.prefix {
		case "xapp-":
			if len(fields) == 4 && strings.HasPrefix(fields[1], "A") && only(fields[1], alphanum) {
				v.say(leak.ClaimID, fields[1], "the app's id inside the token")
			}
		case "xoxb-", "xoxp-", "xoxs-", "xoxo-", "xoxc-":
			v.slackNumbers(k.prefix, fields)
		case "xoxa-", "xoxr-":
			if len(fields[0]) == 1 { // of a version
				fields = fields[1:]
			}
			v.slackNumbers(k.prefix, fields)
		}
		return v.out
	}
	return nil
}

// slackNumbers reads the numbers in front of the secret: of the workspace, and
// of the bot or user. They are Slack's own and not the ids that begin with letters,
// and are not documented.
func (v *voice) slackNumbers(prefix string, fields []string) {
	if len(fields) < 3 || !only(fields[0], decimal) || !only(fields[1], decimal) || len(fields[0]) > 16 || len(fields[1]) > 16 {
		return
	}
	who := "user"
	if prefix == "xoxb-" {
		who = "bot"
	}
	v.say(leak.ClaimTenant, fields[0], "the workspace's number inside the token")
	v.say(leak.ClaimTenantKind, "workspace", "the workspace's number inside the token")
	v.say(leak.ClaimID, fields[1], "the "+who+"'s number inside the token")
	v.say(leak.ClaimName, who+" "+fields[1], "the "+who+"'s number inside the token")
}

var slackHook = lazy.New(`\bhooks\.slack(?:-gov)?\.com/(services|workflows|triggers)/([TE][0-9A-Z]{6,14})/([0-9A-Za-z]{6,20})/`)

// readSlackWebhook reads incoming webhooks and those of workflows
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
func readSlackWebhook(in *Input) []leak.Evidence {
	if len(in.Value) > 1024 {
		return nil
	}
	m := slackHook.FindStringSubmatch(in.Value + "/")
	if m == nil {
		return nil
	}
	kind := map[string]string{"services": "incoming webhook", "workflows": "workflow webhook", "triggers": "workflow trigger"}[m[1]]
	v := of("slack", leak.Webhook, "Slack "+kind, 0.95, "the path of the webhook")
	v.tenant("workspace", m[2], "the workspace in the path of the webhook")
	if m[3][0] == 'A' || m[3][0] == 'B' {
		v.say(leak.ClaimID, m[3], "the app's id in the path of the webhook")
	} else if only(m[3], decimal) {
		v.say(leak.ClaimID, m[3], "the trigger's number in the path of the webhook")
	}
	v.say(leak.ClaimPermission, "send", "a webhook posts messages, no more")
	return v.out
}

// discordEpoch is the first millisecond of 2015, from which Discord counts
// (https://docs.discord.com/developers/reference#snowflakes).
const discordEpoch = 1420070400000

// snowflake is when an id of Discord was made. ok is false if that is not
// between 2015 and a day after now.
func snowflake(id string, now time.Time) (t time.Time, ok bool) {
	n, err := strconv.ParseUint(id, 10, 63)
	if err != nil || len(id) < 16 || len(id) > 20 {
		return t, false
	}
	t = time.UnixMilli(int64(n>>22) + discordEpoch).UTC()
	return t, now.IsZero() || t.Before(now.Add(24*time.Hour))
}

var discordToken = lazy.New(`^([0-9A-Za-z_-]{22,28})\.([0-9A-Za-z_-]{6,7})\.[0-9A-Za-z_-]{27,45}$`)

// readDiscord reads bot tokens: the bot's id in base64, when the token was made, and
// a signature. Older tokens count seconds from 2011; in newer ones the second
// part is no time.
func readDiscord(in *Input) []leak.Evidence {
	m := discordToken.FindStringSubmatch(strings.TrimPrefix(in.Value, "Bot "))
	if m == nil {
		return nil
	}
	raw, ok := anyBase64(m[1])
	id := string(raw)
	made, plausible := snowflake(id, in.Now)
	if !ok || !only(id, decimal) || !plausible {
		return nil
	}
	v := of("discord", leak.Bot, "Discord bot token", 0.95, "a user's id in base64 before the first dot")
	v.say(leak.ClaimID, id, "the bot's id inside the token")
	v.say(leak.ClaimName, "bot "+id, "the bot's id inside the token")
	v.when(leak.ClaimCreated, made, "the time in the bot's id")
	stamp, ok := anyBase64(m[2])
	const epoch, newer = 1293840000, 1656633600 // 2011, and July 2022
	if ok && len(stamp) >= 4 {
		at := time.Unix(int64(binary.BigEndian.Uint32(stamp))+epoch, 0).UTC()
		if at.After(made.Add(-24*time.Hour)) && at.Unix() < newer {
			v.weigh(0.5, leak.ClaimIssued, at.Format(time.RFC3339), "the second part of the token, as older ones count")
		}
	}
	return v.out
}

var discordHook = lazy.New(`\bdiscord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/([0-9]{16,20})/`)

func readDiscordWebhook(in *Input) []leak.Evidence {
	if len(in.Value) > 1024 {
		return nil
	}
	m := discordHook.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := of("discord", leak.Webhook, "Discord webhook", 0.9, "the path of the webhook")
	v.say(leak.ClaimID, m[1], "the webhook's id in its path")
	v.say(leak.ClaimName, "webhook "+m[1], "the webhook's id in its path")
	v.say(leak.ClaimPermission, "send", "a webhook posts to one channel")
	if t, ok := snowflake(m[1], in.Now); ok {
		v.when(leak.ClaimCreated, t, "the time in the webhook's id")
	}
	return v.out
}

var telegramToken = lazy.New(`^(?:bot)?([0-9]{5,16}):[0-9A-Za-z_-]{35}$`)

// readTelegram reads bot tokens (https://core.telegram.org/bots/api#authorizing-your-bot).
func readTelegram(in *Input) []leak.Evidence {
	m := telegramToken.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := of("telegram", leak.Bot, "Telegram bot token", 0.95, "a number, a colon and 35 characters")
	v.say(leak.ClaimID, m[1], "the bot's id before the colon")
	v.say(leak.ClaimName, "bot "+m[1], "the bot's id before the colon")
	return v.out
}

// readMatrix reads tokens of Synapse, which begin with the name of the account in base64
// (generate_access_token in https://github.com/element-hq/synapse/blob/develop/synapse/handlers/auth.py).
func readMatrix(in *Input) []leak.Evidence {
	kind := "access token"
	if strings.HasPrefix(in.Value, "syr_") {
		kind = "refresh token"
	} else if !strings.HasPrefix(in.Value, "syt_") {
		return nil
	}
	fields := strings.Split(in.Value, "_")
	if len(fields) != 4 || len(fields[2]) != 20 || len(fields[1]) > 340 {
		return nil
	}
	name, err := base64.RawStdEncoding.DecodeString(fields[1])
	if err != nil || !madeOf(string(name), "._=-/+", 1, 255) {
		return nil
	}
	if !tokensum.Synapse(in.Value) {
		return []leak.Evidence{
			says(leak.ClaimProvider, "matrix", .4, "begins like a token of Synapse"),
			says(leak.ClaimNote, badSum, .9, "the end of the token"),
		}
	}
	v := of("matrix", leak.HumanAccount, kind, .9, "the beginning and the checksum of the token")
	v.say(leak.ClaimName, string(name), "the name of the account in the token")
	return v.out
}
