import CCrypto
import Foundation

/// The SHA-256 of bytes that come piece by piece, by OpenSSL's libcrypto.
///
///     var hash = SHA256()
///     hash.update(data: piece)
///     let digest = hash.finalize()      // 32 bytes
@safe public struct SHA256: ~Copyable {
  /// A library context of its own: what `openssl.cnf` says of providers does not reach it, so that SHA-256 is there
  /// whatever a system administrator has switched off for TLS.
  private static let algorithm: Algorithm = Algorithm()

  private let context: OpaquePointer

  /// Of no bytes yet. Ends the process where libcrypto has no SHA-256 or no memory is left: nothing could be trusted
  /// then.
  public init() {
    // Both fail only where there is no memory left, as any allocation of Swift's own would.
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto: no memory for a hash") }
    unsafe self.context = unsafe context
    unsafe precondition(
      EVP_DigestInit_ex2(context, SHA256.algorithm.method, nil) == 1, "libcrypto: SHA-256 cannot begin")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Goes on with these bytes, which are not kept.
  public mutating func update(bytes: Span<UInt8>) {
    let isDone = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
    precondition(isDone, "libcrypto: SHA-256 cannot go on")
  }

  /// The same of `Data` and the like, region by region.
  public mutating func update(data: some DataProtocol) {
    for region in data.regions {
      unsafe region.withUnsafeBytes { unsafe update(bytes: $0.bindMemory(to: UInt8.self).span) }
    }
  }

  /// - Returns: the 32 bytes of the digest.
  public consuming func finalize() -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
      unsafe precondition(
        EVP_DigestFinal_ex(context, bytes.baseAddress, nil) == 1, "libcrypto: SHA-256 cannot be finished")
      count = 32
    }
  }

  /// - Returns: the 32 bytes of the digest.
  public static func hash(data: some DataProtocol) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: data)
    return hash.finalize()
  }

  /// `EVP_MD`, which libcrypto shares between threads. Never freed: it lives as long as the process.
  @safe private struct Algorithm: @unchecked Sendable {
    let method: OpaquePointer

    init() {
      guard let library = unsafe OSSL_LIB_CTX_new(), let method = unsafe EVP_MD_fetch(library, "SHA2-256", nil) else {
        preconditionFailure("libcrypto has no SHA-256")
      }
      unsafe self.method = unsafe method
    }
  }
}
