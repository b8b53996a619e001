import Foundation

/// SHA-256 in lower-case hexadecimal.
public enum Checksum {
  /// 64 digits.
  public static func sha256(_ bytes: some DataProtocol) -> String { text(SHA256.hash(data: bytes)) }

  /// Of a file of any size, read piece by piece. A pipe is not waited for.
  /// - Throws: `Problem` of kind `.failure` where it cannot be read or is no regular file.
  public static func sha256(contentsOf url: URL) throws(Problem) -> String {
    do throws(OpenFile.Failure) {
      return text(try OpenFile(path: url.path).sha256().digest)
    } catch {
      throw .failure(
        at: Place(file: url.path), "the file cannot be read", remedy: "Check that it is there and its permissions.")
    }
  }

  /// A digest in digits.
  public static func text(_ digest: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = []
    for byte in digest { bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
