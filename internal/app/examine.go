package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// ServerHeader is the header of /healthz by which `aftercare doctor` tells this server from
// another one.
const ServerHeader = "Aftercare-Server"

// ServerID is what all servers with one key say in ServerHeader. The key does not follow from
// it.
func ServerID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("aftercare server"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
