/// The whole message of the error that something throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was wrong"
  } catch {
    return "\(error)"
  }
}
