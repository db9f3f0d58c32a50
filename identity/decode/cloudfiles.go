package decode

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// maxCloudFile is the longest file of a cloud's command line, in bytes.
const maxCloudFile = 64 << 10

// awsAnswer are the members of what the AWS command line prints of keys, and of
// what the metadata service and credential processes answer
// (https://docs.aws.amazon.com/cli/latest/reference/iam/create-access-key.html,
// https://docs.aws.amazon.com/cli/latest/reference/sts/assume-role.html,
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
type awsAnswer struct {
	UserName, AccessKeyID, CreateDate, Expiration string
	AccessKey, Credentials                        *awsAnswer
}

func readAWSFile(in *Input) []leak.Evidence {
	if len(in.Value) > maxCloudFile || !strings.HasPrefix(in.Value, "{") || !strings.Contains(in.Value, "AccessKeyId") {
		return nil
	}
	var a awsAnswer
	if json.Unmarshal([]byte(in.Value), &a) != nil {
		return nil
	}
	v := &voice{weight: 0.95}
	for _, k := range []*awsAnswer{&a, a.AccessKey, a.Credentials} {
		if k == nil || !awsID.MatchString(k.AccessKeyID) {
			continue
		}
		v.say(leak.ClaimName, k.UserName, "UserName beside the key in the file")
		if t, err := time.Parse(time.RFC3339, k.CreateDate); err == nil {
			v.when(leak.ClaimIssued, t, "CreateDate in the file")
		}
		if t, err := time.Parse(time.RFC3339, k.Expiration); err == nil {
			v.when(leak.ClaimExpires, t, "Expiration in the file")
		}
	}
	return v.out
}

// azureAnswer are the members of what the Azure command line prints of a new
// service principal, in its two forms
// (https://learn.microsoft.com/en-us/cli/azure/ad/sp#az-ad-sp-create-for-rbac).
type azureAnswer struct {
	AppID, DisplayName, Password, Tenant             string
	ClientID, ClientSecret, TenantID, SubscriptionID string
}

func readAzureFile(in *Input) []leak.Evidence {
	if len(in.Value) > maxCloudFile || !strings.HasPrefix(in.Value, "{") || !strings.Contains(in.Value, "enant") {
		return nil
	}
	var a azureAnswer
	if json.Unmarshal([]byte(in.Value), &a) != nil {
		return nil
	}
	app, tenant, secret := a.AppID, a.Tenant, a.Password
	if app == "" {
		app, tenant, secret = a.ClientID, a.TenantID, a.ClientSecret
	}
	if !uuidForm.MatchString(app) || !uuidForm.MatchString(tenant) || secret == "" {
		return nil
	}
	v := of("azure", leak.ServicePrincipal, "credentials of a service principal of Entra ID", 0.97, "application, tenant and secret in one file")
	v.say(leak.ClaimID, strings.ToLower(app), "the application's id inside the file")
	v.tenant("tenant", strings.ToLower(tenant), "the tenant inside the file")
	v.say(leak.ClaimName, a.DisplayName, "displayName inside the file")
	if uuidForm.MatchString(a.SubscriptionID) {
		v.say(leak.ClaimScope, "subscription "+strings.ToLower(a.SubscriptionID), "subscriptionId inside the file")
	}
	return v.out
}

// readGoogleBase64 reads the JSON files of Google in base64, as they stand in
// variables.
func readGoogleBase64(in *Input) []leak.Evidence {
	text := in.Value
	if len(text) < 100 || len(text) > maxGoogleJSON || !strings.HasPrefix(text, "ew") && !strings.HasPrefix(text, "ey") || strings.Contains(text, ".") {
		return nil
	}
	raw, ok := anyBase64(strings.NewReplacer("\n", "", "\r", "", " ", "").Replace(text))
	if !ok || !strings.HasPrefix(string(raw), "{") {
		return nil
	}
	return readGoogleJSON(&Input{Value: string(raw), Now: in.Now})
}
