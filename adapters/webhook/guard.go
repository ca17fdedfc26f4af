package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrAddress is why an address is not called: it belongs to no public network, or its form is
// not one that is called.
var ErrAddress = errors.New("this address is not called")

// reserved are the networks beyond those that package netip knows by name which are no public ones
// (IANA's registries of special-purpose addresses; 169.254.169.254, where clouds keep credentials,
// is link-local).
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		all[i] = netip.MustParsePrefix(t)
	}
	return all
}

// Public reports whether an address belongs to a public network. Addresses of IPv4 in another
// dress are what they are: IPv6-mapped ones count as the IPv4 ones; those of translators
// (NAT64, 6to4, Teredo) are refused, as what is behind them is not seen.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// never reports whether an address is not even called where private ones are allowed: it names
// nobody, or many, or what gives credentials to a machine of a cloud.
func never(a netip.Addr) bool {
	a = a.Unmap()
	return !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == broadcast || a == metadataOfAWS
}

var (
	broadcast     = netip.MustParseAddr("255.255.255.255")
	metadataOfAWS = netip.MustParseAddr("fd00:ec2::254")
)

// mostURL is the most bytes of an address.
const mostURL = 2000

// CheckURL says what is wrong with the form of an address, or nil. What its name stands for is
// checked when it is called.
func CheckURL(text string, private bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > mostURL || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("%w: write it as https://example.com/path", ErrAddress)
	case u.User != nil:
		return fmt.Errorf("%w: it has a user name or a password in it, which end up in logs; the signature shows who calls", ErrAddress)
	case u.Fragment != "":
		return fmt.Errorf("%w: leave out what is behind #", ErrAddress)
	case u.Scheme != "https" && (u.Scheme != "http" || !private):
		return fmt.Errorf("%w: it must begin with https://", ErrAddress)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%w: there is no port %s", ErrAddress, port)
		}
	}
	if a, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil && (!Public(a) && !private || never(a)) {
		return fmt.Errorf("%w: %s is in no public network", ErrAddress, a)
	}
	return nil
}

// dialer connects to addresses that may be called, and to no others: each is checked when it is
// dialled, after its name was looked up, so that a name that stands for something else the next
// moment leads nowhere.
func dialer(private bool) *net.Dialer {
	return &net.Dialer{
		Timeout: 10 * time.Second,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			if !strings.HasPrefix(network, "tcp") {
				return ErrAddress
			}
			at, err := netip.ParseAddrPort(address)
			if err != nil || never(at.Addr()) || !private && !Public(at.Addr()) {
				return fmt.Errorf("%w: its name stands for one in no public network", ErrAddress)
			}
			return nil
		},
	}
}
