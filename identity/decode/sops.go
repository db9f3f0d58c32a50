package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// sops reads the metadata of files that are encrypted with sops, in YAML or
// JSON: who can open them is not encrypted.
func sops(in *Input) []leak.Evidence {
	if !strings.Contains(in.Value, "sops") || !strings.Contains(in.Value, "lastmodified") || !strings.Contains(in.Value, "ENC[") {
		return nil
	}
	docs, _ := yamltree.Parse([]byte(in.Value))
	for _, doc := range docs {
		if meta := yamltree.Get(doc, "sops"); yamltree.IsMap(meta) {
			return sopsMeta(meta).list
		}
	}
	return nil
}

func sopsMeta(meta *yamltree.Node) *told {
	c := about("sops", leak.EncryptionKey, "file encrypted with sops", .8, "its metadata")
	named := false
	opens := func(list, field, what string) {
		for i, e := range yamltree.List(yamltree.Get(meta, list)) {
			id := yamltree.Text(yamltree.Get(e, field))
			if id == "" || i >= 16 {
				continue
			}
			c.add(leak.ClaimNote, "opened by "+what+" "+id, list+" in the metadata")
			if !named {
				c.add(leak.ClaimName, id, list+" in the metadata")
			}
			named = true
		}
	}
	opens("kms", "arn", "the KMS key")
	opens("gcp_kms", "resource_id", "the Cloud KMS key")
	opens("azure_kv", "name", "the Key Vault key")
	opens("hc_vault", "key_name", "the Vault key")
	opens("age", "recipient", "the age recipient")
	opens("pgp", "fp", "the PGP key")
	c.date(leak.ClaimRotated, yamltree.Text(yamltree.Get(meta, "lastmodified")), "lastmodified in the metadata")
	return c
}
