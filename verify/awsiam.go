package verify

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// awsActions are the questions about a user that works, in the mode extended.
// All are about the caller, or its own key, and may be denied to it
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html).
var awsActions = []string{"GetUser", "ListUserTags", "ListAccessKeys", "GetAccessKeyLastUsed"}

// ownerTags are names of tags that say whose something is, the surest first.
var ownerTags = []string{"owner", "owner-email", "owneremail", "team", "contact", "maintainer", "created-by", "createdby"}

type awsTag struct{ Key, Value string }

type awsUser struct {
	Name string   `xml:"GetUserResult>User>UserName"`
	Tags []awsTag `xml:"GetUserResult>User>Tags>member"`
}

type awsTags struct {
	Tags []awsTag `xml:"ListUserTagsResult>Tags>member"`
}

type awsKeys struct {
	Keys []struct {
		AccessKeyId, Status, CreateDate string
	} `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
}

type awsLastUsed struct {
	Date string `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>LastUsedDate"`
}

// awsFurther adds what IAM says about a user and its key. What may not be asked
// adds nothing.
func awsFurther(ctx context.Context, q *Query, p awsPartition, facts map[string]string) map[string]string {
	name := facts[leak.FactName]
	if !strings.HasPrefix(name, "user/") {
		return facts
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	all := maps.Clone(facts)
	ask := func(action string, more url.Values, into any) {
		query := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
		maps.Copy(query, more)
		a, _ := q.aws(ctx, leak.S2, p.iam, p.region, query)
		if a == nil || a.Status != http.StatusOK || !a.xml(into) {
			return
		}
	}
	var user awsUser
	ask("GetUser", nil, &user)
	var tags awsTags
	if len(user.Tags) == 0 {
		ask("ListUserTags", url.Values{"UserName": {name}}, &tags)
	}
	all[leak.FactOwner] = ownerOf(append(user.Tags, tags.Tags...))
	var keys awsKeys
	ask("ListAccessKeys", nil, &keys)
	for _, k := range keys.Keys {
		if k.AccessKeyId == q.part("key_id") {
			all[leak.FactCreated], all[leak.FactActive] = k.CreateDate, k.Status
		}
	}
	var used awsLastUsed
	ask("GetAccessKeyLastUsed", url.Values{"AccessKeyId": {q.part("key_id")}}, &used)
	all[leak.FactLastUsed] = used.Date
	return tidyFacts(q, all)
}

func ownerOf(tags []awsTag) string {
	for _, name := range ownerTags {
		for _, t := range tags {
			if strings.EqualFold(t.Key, name) {
				return t.Value
			}
		}
	}
	return ""
}
