# RFC 5228 5.2, 5.3, 5.8: allof is all, anyof is any, not is the other.
--- true
true
not false
allof (true, not false)
anyof (false, true)
allof (anyof (false, true), not allof (true, false))
--- false
false
allof (true, false)
anyof (false, false)
not anyof (true)
