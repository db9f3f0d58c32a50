package risk

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/rules"
)

// known are permissions whose words do not say what they give, in lower case and as
// bare leaves them. says is empty for the words of the power. Sources:
//   - docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html
//   - docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryPowerUser.html
//   - docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
//   - cloud.google.com/iam/docs/roles-permissions/{storage,cloudkms,run,resourcemanager}
//   - learn.microsoft.com/azure/role-based-access-control/built-in-roles
var known = map[string]struct {
	power rules.Power
	says  string
}{
	// Nearly all in a whole project or subscription.
	"editor": {rules.Secrets, ""}, "contributor": {rules.Secrets, ""},
	"poweruseraccess": {rules.Secrets, "it may do nearly everything, but not manage users and groups"},

	"sts:assumerole":                                {rules.Secrets, "it may act as a role that trusts it"},
	"amazonec2containerregistrypoweruser":           {rules.Publish, "it may push images"},
	"amazonelasticcontainerregistrypublicpoweruser": {rules.Publish, "it may push images"},
	"storage.objectuser":                            {rules.Write, ""},
	"storage.hmackeyadmin":                          {rules.Secrets, ""},
	"cloudkms.cryptokeydecrypter":                   {rules.Read, "it may decrypt"},
	"cloudkms.cryptokeyencrypterdecrypter":          {rules.Read, "it may encrypt and decrypt"},
	"run.invoker":                                   {rules.Send, "it may call services"},
	"resourcemanager.organizationadmin":             {rules.Secrets, ""},
	"key vault administrator":                       {rules.Secrets, ""},
	"user access administrator":                     {rules.Secrets, ""},
}

// googleAdmin are roles of Google's for one service, or for what is in it; allActions
// are all actions of one service of AWS.
var (
	googleAdmin = lazy.New(`^[a-z][A-Za-z0-9]*\.(?:[A-Za-z]*[a-z])?(?:[aA]dmin|[oO]wner)(?:\.v[0-9])?$`)
	allActions  = lazy.New(`^[a-zA-Z0-9-]+:\*$`)
)

// services are names of services by their words in permissions.
var services = map[string]string{
	"pubsub": "Pub/Sub", "cloudsql": "Cloud SQL", "storage": "Cloud Storage", "bigquery": "BigQuery", "container": "GKE", "run": "Cloud Run",
	"compute": "Compute Engine", "cloudkms": "Cloud KMS", "artifactregistry": "Artifact Registry", "s3": "S3", "ecr": "ECR", "ec2": "EC2", "rds": "RDS",
	"sqs": "SQS", "sns": "SNS", "kms": "KMS", "ses": "SES", "dynamodb": "DynamoDB", "lambda": "Lambda",
}

// says says what a permission gives that is of a power.
func says(power rules.Power, permission string) string {
	p := strings.ToLower(bare(permission))
	if k := known[p]; k.says != "" {
		return k.says
	}
	if strings.HasPrefix(p, "* except ") && power == rules.Secrets {
		return "it may do nearly everything"
	}
	if power != rules.Service {
		return powerWords[power]
	}
	service := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(p, "amazon"), "aws"), "fullaccess")
	if i := strings.IndexAny(service, ".:"); i > 0 {
		service = service[:i]
	}
	if name := services[service]; name != "" {
		return "it administers " + name
	}
	return "it administers all of " + service
}
