package cilog

import (
	"errors"
	"log/slog"
	"net"
	"time"
)

// connectTries is how often a service is asked that cannot be reached: a wrong address
// is more likely than one that is right in a minute.
const connectTries = 3

// unreached is what went wrong before there was a connection, such as a refusal or a
// name that nobody has; nil if there was one.
func unreached(err error) error {
	if e := new(net.OpError); errors.As(err, &e) && e.Op == "dial" {
		return e.Err
	}
	return nil
}

// reaching tells the user once why nothing happens.
func (c *client) reaching(err error, wait time.Duration) {
	if why := unreached(err); why != nil && !c.told.Swap(true) {
		slog.Warn("there is no connection to the service: trying again", "host", c.base.Host, "error", why, "waiting", wait)
	}
}
