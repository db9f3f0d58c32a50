package verify

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// mqttLogin logs in to a broker by MQTT 3.1.1, and neither subscribes nor
// publishes (https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html).
// That takes two packets.
func mqttLogin(ctx context.Context, s *session) leak.Verdict {
	code, err := s.mqttConnect(ctx)
	if err != nil {
		return s.failed(ctx, err)
	}
	switch code {
	case 0:
		return s.live(map[string]string{leak.FactName: s.user, leak.FactServer: "MQTT 3.1.1"})
	case 4:
		return s.is(leak.Dead, "4: bad user name or password")
	case 5:
		// Of the client, says the standard: of its name, or where it is. Some
		// brokers, Mosquitto among them, say so of a wrong password too. Whoever
		// changed the password must be able to see that the old one is refused.
		return s.is(leak.Dead, "5: not authorized: refused for this user from here")
	case 1, 2, 3:
		return s.is(leak.Unknown, fmt.Sprintf("the broker refuses the connection with %d", code))
	}
	return s.is(leak.Unknown, string(errMQTT))
}

const errMQTT = problem("the server does not speak MQTT as it should")

// mqttConnect sends CONNECT and reads the code of CONNACK.
func (s *session) mqttConnect(ctx context.Context) (byte, error) {
	if s.secure() {
		if err := s.startTLS(ctx); err != nil {
			return 0, err
		}
	}
	if s.exposed() {
		return 0, s.unsent()
	}
	packet, err := mqttPacket(s.user, s.password)
	if err != nil {
		return 0, err
	}
	if _, err := s.conn.Write(packet); err != nil {
		return 0, err
	}
	var got [4]byte
	if _, err := io.ReadFull(s.conn, got[:]); err != nil {
		return 0, err
	}
	if got[0] != 0x20 || got[1] != 2 || got[2] > 1 || got[3] > 5 {
		return 0, errMQTT
	}
	s.conn.Write([]byte{0xE0, 0}) // DISCONNECT
	return got[3], nil
}

// mqttPacket makes a CONNECT for a session that leaves nothing behind.
func mqttPacket(user, password string) ([]byte, error) {
	if len(user) > 1<<15 || len(password) > 1<<15 {
		return nil, problem("the credential cannot be sent: it is too long")
	}
	id := make([]byte, 8)
	rand.Read(id)
	body := append(mqttText(nil, "MQTT"), 4, 0xC2, 0, 10) // version; user, password, clean session; keep alive
	body = mqttText(body, fmt.Sprintf("whosekey%x", id)[:23])
	body = mqttText(mqttText(body, user), password)
	return append(binary.AppendUvarint([]byte{0x10}, uint64(len(body))), body...), nil
}

func mqttText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}
