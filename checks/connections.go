package checks

// maxWay bounds how many calls lie between a statement and its connection.
const maxWay = 8

// ConnectionOf lists the calls by which an executing call came to its connection: the cursor's,
// the connection's, the engine's.
func ConnectionOf(c *Call) []*Call {
	var out []*Call
	v := c.Receiver
	if v.Origin() == nil {
		if a := c.Arg(1, "con"); a != nil {
			v = a.Value
		}
	}
	for len(out) < maxWay && v != nil {
		made := v.Origin()
		if made == nil {
			break
		}
		out = append(out, made)
		v = made.Receiver
		if v == nil || v.Origin() == nil {
			for _, name := range [...]string{"bind", "engine", "conn", "con", "connection"} {
				if a := made.Arg(-1, name); a != nil {
					v = a.Value
				}
			}
			if a := made.Arg(0, ""); (v == nil || v.Origin() == nil) && a != nil && a.Value.Origin() != nil {
				v = a.Value
			}
		}
	}
	return out
}
