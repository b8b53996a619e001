import CResources

/// Files that are part of the program: those of `Sources/CResources/Files`.
///
/// By C's `#embed`, since a list of numbers in Swift takes the compiler a second for every few kilobytes.
public enum CompiledIn {
  /// The bytes of a file; empty where there is none of this name.
  /// - Parameter name: "orl-manifest.sha256"
  public static func bytes(of name: String) -> [UInt8] {
    guard let resource = unsafe heatdrift_resource_named(name) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: resource.pointee.bytes, count: resource.pointee.count))
  }
}
