package decode

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// readAzureKey reads keys whose checksum says of which kind they are.
func readAzureKey(in *Input) []leak.Evidence {
	k, ok := tokensum.AzureKey(in.Value)
	if !ok {
		return wrongAzureKey(in.Value)
	}
	why := k.Sign + " inside the key, and its checksum is that of such keys"
	typ := leak.APIKey
	switch k.Sign {
	case "AIoT":
		if k.Seed == "Device00" {
			typ = leak.Device
		}
	case "+ACR":
		typ = leak.RegistryRobot
	case "+SQL":
		typ = leak.DatabaseUser
	}
	v := of("azure", typ, "Azure "+k.Name, 0.97, why)
	v.say(leak.ClaimPermission, k.Permission, "the checksum is that of keys which may do this")
	if strings.HasSuffix(in.Value[:max(0, len(strings.TrimRight(in.Value, "="))-10)], "deri") {
		v.say(leak.ClaimNote, "derived from another key", "deri before the signature")
	}
	v.azureBeside(in)
	return v.out
}

// wrongAzureKey is what is said of a value with the signature of a key in its
// place, and without the checksum behind it.
func wrongAzureKey(value string) []leak.Evidence {
	body := strings.TrimRight(value, "=")
	if n := len(body); n != 43 && n != 52 && n != 54 && n != 86 || !only(body, urlChars+"+/") {
		return nil
	}
	sign := body[len(body)-10 : len(body)-6]
	for _, k := range tokensum.AzureKinds {
		if k.Sign == sign {
			return wrongSum("azure", sign+" inside the key, but not the checksum")
		}
	}
	return nil
}

// azureBeside reads the pieces that stand beside a key.
func (v *voice) azureBeside(in *Input) {
	host := strings.ToLower(in.part("host"))
	if account := in.part("account"); account != "" {
		v.weigh(0.9, leak.ClaimTenant, account, "the account beside the key")
		v.weigh(0.9, leak.ClaimTenantKind, "account", "the account beside the key")
	} else {
		v.azureHost(host, "the host beside the key")
	}
	if policy := in.part("key_name"); policy != "" {
		v.policy(policy, "the name of the key beside it")
	}
	if device := in.part("device"); device != "" {
		v.device(device, "the device beside the key")
	}
	v.say(leak.ClaimScope, in.part("entity"), "the entity beside the key")
}

// readAzureBeside reads what stands beside keys that say nothing themselves:
// those from before 2022, and hex.
func readAzureBeside(in *Input) []leak.Evidence {
	_, known := tokensum.AzureKey(in.Value)
	_, annotated := tokensum.AnnotatedKey(in.Value)
	if in.Provider != "azure" || known || annotated || len(in.Parts) == 0 || strings.Contains(in.Value, "sig=") {
		return nil
	}
	if v := (&voice{weight: 0.8}); in.part("tenant_id", "client_id", "organization") == "" {
		v.azureBeside(in)
		return v.out
	}
	return nil
}

// azureServices are hosts of resources: the first label is the resource's name.
var azureServices = []struct{ suffix, kind string }{
	{".servicebus.windows.net", "namespace"}, {".servicebus.chinacloudapi.cn", "namespace"}, {".servicebus.usgovcloudapi.net", "namespace"},
	{".azure-devices.net", "IoT hub"}, {".azure-devices.us", "IoT hub"}, {".azure-devices.cn", "IoT hub"}, {".azure-devices-provisioning.net", "provisioning service"},
	{".documents.azure.com", "account"}, {".table.cosmos.azure.com", "account"}, {".azconfig.io", "store"}, {".azurecr.io", "registry"},
	{".redis.cache.windows.net", "cache"}, {".search.windows.net", "search service"}, {".azurewebsites.net", "app"},
	{".service.signalr.net", "SignalR service"}, {".webpubsub.azure.com", "Web PubSub service"}, {".communication.azure.com", "communication service"},
	{".eventgrid.azure.net", "topic"}, {".batch.azure.com", "account"}, {".azure-api.net", "API Management service"},
	{".openai.azure.com", "AI resource"}, {".cognitiveservices.azure.com", "AI resource"}, {".services.ai.azure.com", "AI resource"},
	{".database.windows.net", "server"}, {".database.chinacloudapi.cn", "server"}, {".database.usgovcloudapi.net", "server"},
	{".vault.azure.net", "vault"},
}

// storageServices are what stands behind the account's name in the hosts of
// storage accounts.
var storageServices = []string{".blob.core.", ".queue.core.", ".table.core.", ".file.core.", ".dfs.core.", ".web.core."}

// azureHost says which resource a host is. ok is false if it is none.
func (v *voice) azureHost(host, why string) bool {
	host = strings.ToLower(host)
	if name, _, ok := strings.Cut(host, ":"); ok {
		host = name
	}
	if host == "" || len(host) > 200 || !only(host, lowHex+"ghijklmnopqrstuvwxyz.-") {
		return false
	}
	for _, s := range azureServices {
		if name, ok := strings.CutSuffix(host, s.suffix); ok && name != "" {
			first, rest, more := strings.Cut(name, ".")
			if more && (s.suffix == ".eventgrid.azure.net" || s.suffix == ".batch.azure.com") {
				rest, _, _ = strings.Cut(rest, "-1")
				v.say(leak.ClaimRegion, rest, why)
			}
			v.tenant(s.kind, first, why)
			v.say(leak.ClaimServer, host, why)
			return true
		}
	}
	for _, s := range storageServices {
		if account, _, ok := strings.Cut(host, s); ok && account != "" {
			v.tenant("storage account", account, why)
			v.say(leak.ClaimServer, host, why)
			return true
		}
	}
	return false
}

// policies are the names that Azure gives to shared access policies of its own
// (https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-sas,
// https://learn.microsoft.com/en-us/azure/iot-hub/iot-hub-dev-guide-sas).
var policies = map[string][]string{
	"rootmanagesharedaccesskey":          {"manage", "send", "listen"},
	"defaultfullsharedaccesssignature":   {"manage", "send", "listen"},
	"defaultlistensharedaccesssignature": {"listen"},
	"iothubowner":                        {"admin"},
	"provisioningserviceowner":           {"admin"},
	"registryreadwrite":                  {"read-write"},
	"registryread":                       {"read-only"},
}

// policy says what the name of a shared access policy says: somebody may have
// changed what it may do.
func (v *voice) policy(name, why string) {
	v.say(leak.ClaimName, name, why)
	v.say(leak.ClaimLabel, name, why)
	for _, p := range policies[strings.ToLower(name)] {
		v.weigh(0.9, leak.ClaimPermission, p, "the policy "+name+", which Azure makes")
	}
}

func (v *voice) device(id, why string) {
	v.out = slices.DeleteFunc(v.out, func(e leak.Evidence) bool { return e.Claim == leak.ClaimType })
	v.say(leak.ClaimType, string(leak.Device), why)
	v.say(leak.ClaimName, id, why)
	v.say(leak.ClaimID, id, why)
}

// annotatedKinds are the services of annotated keys by their signature
// (https://github.com/microsoft/security-utilities, LegacyCaskProviderSignatures.cs).
var annotatedKinds = map[string]struct {
	typ  leak.IdentityType
	kind string
}{
	"AZDO": {leak.HumanAccount, "Azure DevOps personal access token"},
	"AZAC": {leak.APIKey, "Azure App Configuration key"},
	"AZFR": {leak.APIKey, "Azure Fluid Relay key"},
	"AZEG": {leak.APIKey, "Azure Event Grid key"},
	"AZMR": {leak.APIKey, "Azure Mixed Reality key"},
	"AZMP": {leak.APIKey, "Azure Maps key"},
	"AZCS": {leak.APIKey, "Azure Communication Services key"},
	"ACOG": {leak.APIKey, "Azure AI services key"},
	"MSQL": {leak.DatabaseUser, "Azure SQL password of the platform"},
}

// cognitive are the services of Azure AI by their number (AzureCognitiveService.cs).
var cognitive = []string{
	"Azure AI services", "Azure OpenAI", "Anomaly Detector EE", "Anomaly Detector", "Cognitive Services", "Computer Vision",
	"Content Moderator", "Content Safety", "Custom Vision Prediction", "Custom Vision Training", "Face", "Form Recognizer",
	"Health Decision Support", "Health Insights", "Immersive Reader", "Internal all-in-one", "Knowledge", "LUIS Authoring", "LUIS",
	"Metrics Advisor", "Personalizer", "QnA Maker", "QnA Maker v2", "Speaker Recognition", "Speech", "Speech Translation",
	"Text Analytics", "Text Translation", "Dummy", "Transcription Intelligence", "Video Intelligence", "Bing Autosuggest",
	"Bing Autosuggest v7", "Bing Custom Search", "Bing Custom Visual Search", "Bing Entity Search", "Bing Search", "Bing Search v7",
	"Bing Speech", "Bing Spell Check", "Bing Spell Check v7",
}

// readAnnotated reads keys of 84 or 88 characters with JQQJ9 in them: they
// say which service they are of, and in which month they were made.
func readAnnotated(in *Input) []leak.Evidence {
	a, ok := tokensum.AnnotatedKey(in.Value)
	if !ok {
		return nil
	}
	sign := strings.ToUpper(a.Provider)
	k, known := annotatedKinds[sign]
	if !known {
		k.typ, k.kind = leak.APIKey, "Azure key of the service "+sign
	}
	const why = "the annotations inside the key, whose checksum is right"
	if sign == "ACOG" && strings.HasPrefix(a.Data, "AAA") {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		if i := strings.IndexByte(alphabet, a.Data[3]); i >= 0 && i < len(cognitive) {
			k.kind = strings.Replace("Azure "+cognitive[i]+" key", "Azure Azure", "Azure", 1)
		}
	}
	v := of("azure", k.typ, k.kind, 0.97, why)
	v.when(leak.ClaimIssued, a.Month, "the month in which it was made, inside the key")
	if a.Provider != sign {
		v.say(leak.ClaimNote, "a key that the platform manages, not a customer", "the signature is in lower case")
	}
	switch a.Kind {
	case 'D':
		v.say(leak.ClaimNote, "derived from another key", "JQQJ9D inside the key")
	case 'H':
		v.say(leak.ClaimNote, "a hash in the form of a key: it opens nothing", "JQQJ9H inside the key")
	}
	if sign == "AZDO" {
		v.say(leak.ClaimNote, "it ends within a year", "a personal access token of Azure DevOps")
		v.weigh(0.7, leak.ClaimTenant, in.part("organization", "account"), "the organization beside the token")
	} else {
		v.azureBeside(in)
	}
	return v.out
}
