import CQPDF
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A PDF opened by libqpdf. Objects are handles that live as long as the document.
///
/// Errors and warnings are collected rather than printed. Reading never repairs: a damaged file is an error.
@safe final class QPDFDocument {
  typealias Object = qpdf_oh

  private var handle: qpdf_data?
  /// libqpdf reads from it as long as the document is open.
  private let source: UnsafeMutableBufferPointer<CChar>
  private let file: String

  /// - Parameter file: for errors only.
  /// - Throws: `Problem` when the bytes are no PDF, or a damaged or encrypted one.
  init(_ bytes: [UInt8], file: String) throws(Problem) {
    self.file = file
    unsafe source = .allocate(capacity: max(1, bytes.count))
    unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(source).copyMemory(from: $0) }
    unsafe handle = unsafe qpdf_init()
    unsafe qpdf_silence_errors(handle)
    unsafe qpdf_set_suppress_warnings(handle, 1)
    unsafe qpdf_set_attempt_recovery(handle, 0)
    _ = unsafe qpdf_read_memory(handle, "PDF", source.baseAddress, UInt64(bytes.count), nil)
    try check("cannot be read as PDF")
  }

  deinit {
    unsafe qpdf_cleanup(&handle)
    unsafe source.deallocate()
  }

  /// - Throws: `Problem` with libqpdf's own words when something went wrong since the last check.
  func check(_ action: String) throws(Problem) {
    guard unsafe qpdf_has_error(handle) != 0 else { return }
    let error = unsafe qpdf_get_error(handle)
    let detail =
      unsafe qpdf_get_error_message_detail(handle, error).map { unsafe String(cString: $0) } ?? "no reason given"
    throw .failure(
      at: Place(file: file), "\(action): \(detail)",
      remedy: "`qpdf --check` says more about the file; make or fetch it again.")
  }

  var root: Object { unsafe qpdf_get_root(handle) }
  var trailer: Object { unsafe qpdf_get_trailer(handle) }

  // MARK: Reading

  func isDictionary(_ object: Object) -> Bool { unsafe qpdf_oh_is_dictionary(handle, object) != 0 }
  func isStream(_ object: Object) -> Bool { unsafe qpdf_oh_is_stream(handle, object) != 0 }
  func isArray(_ object: Object) -> Bool { unsafe qpdf_oh_is_array(handle, object) != 0 }

  /// Object and generation number; nil for a direct object.
  func identity(_ object: Object) -> [Int32]? {
    guard unsafe qpdf_oh_is_indirect(handle, object) != 0 else { return nil }
    return unsafe [qpdf_oh_get_object_id(handle, object), qpdf_oh_get_generation(handle, object)]
  }

  /// A stream's own; any other object as it is.
  func dictionary(of object: Object) -> Object { isStream(object) ? unsafe qpdf_oh_get_dict(handle, object) : object }

  /// Of a dictionary or a stream; nil when the object is neither or has no such key.
  func value(_ object: Object, _ key: String) -> Object? {
    let object = dictionary(of: object)
    guard isDictionary(object), unsafe qpdf_oh_has_key(handle, object, key) != 0 else { return nil }
    return unsafe qpdf_oh_get_key(handle, object, key)
  }

  /// Empty when the object is no array.
  func items(_ object: Object) -> [Object] {
    guard isArray(object) else { return [] }
    return unsafe (0..<qpdf_oh_get_array_n_items(handle, object)).map {
      unsafe qpdf_oh_get_array_item(handle, object, $0)
    }
  }

  /// The keys of a dictionary or a stream, sorted.
  func keys(_ object: Object) -> [String] {
    let object = dictionary(of: object)
    guard isDictionary(object) else { return [] }
    unsafe qpdf_oh_begin_dict_key_iter(handle, object)
    var keys: [String] = []
    while unsafe qpdf_oh_dict_more_keys(handle) != 0 {
      if let key = unsafe qpdf_oh_dict_next_key(handle) { unsafe keys.append(String(cString: key)) }
    }
    return keys.sorted()
  }

  /// Every object of the file that is called by a number, as the file was read; a million at most.
  var objects: [Object] {
    let count = min(value(trailer, "/Size").flatMap(integer) ?? 0, 1_000_000)
    guard count > 1 else { return [] }
    return (1..<Int32(count)).map { unsafe qpdf_get_object_by_id(handle, $0, 0) }
  }

  var pages: [Object] {
    unsafe (0..<max(0, Int(qpdf_get_num_pages(handle)))).map { unsafe qpdf_get_page_n(handle, $0) }
  }

  func integer(_ object: Object) -> Int? {
    unsafe qpdf_oh_is_integer(handle, object) != 0 ? Int(qpdf_oh_get_int_value(handle, object)) : nil
  }

  func number(_ object: Object) -> Double? {
    unsafe qpdf_oh_is_number(handle, object) != 0 ? qpdf_oh_get_numeric_value(handle, object) : nil
  }

  func isTrue(_ object: Object) -> Bool {
    unsafe qpdf_oh_is_bool(handle, object) != 0 && qpdf_oh_get_bool_value(handle, object) != 0
  }

  func name(_ object: Object) -> String? {
    guard unsafe qpdf_oh_is_name(handle, object) != 0 else { return nil }
    return unsafe qpdf_oh_get_name(handle, object).map { unsafe String(cString: $0) }
  }

  /// A text string, a NUL in it kept.
  func text(_ object: Object) -> String? {
    guard unsafe qpdf_oh_is_string(handle, object) != 0, let start = unsafe qpdf_oh_get_utf8_value(handle, object)
    else { return nil }
    let length = unsafe qpdf_get_last_string_length(handle)
    return unsafe start.withMemoryRebound(to: UInt8.self, capacity: length) {
      unsafe String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
    }
  }

  /// The decoded bytes of a stream.
  /// - Parameter limit: of bytes; needed for the files of strangers.
  /// - Throws: `Problem` when they cannot be decoded, or are more than `limit`.
  func bytes(of stream: Object, atMost limit: Int = .max) throws(Problem) -> [UInt8] {
    var buffer: UnsafeMutablePointer<UInt8>?
    var length = 0
    var filtered: QPDF_BOOL = 0
    _ = unsafe qpdf_oh_get_stream_data(handle, stream, qpdf_dl_generalized, &filtered, &buffer, &length)
    defer { unsafe free(buffer) }
    try check("an attachment cannot be unpacked, or not in the memory that a report's takes")
    guard length <= limit else {
      throw .failure(
        at: Place(file: file), "the attachments unpack to more than a report's would",
        remedy: "`qpdf --list-attachments` shows what the file has, `qpdf --show-attachment` takes one out.")
    }
    guard filtered != 0 else {
      throw .failure(
        at: Place(file: file), "an attachment is packed in a way that is not read here",
        remedy: "`qpdf --show-attachment` may take it out.")
    }
    return unsafe Array(UnsafeBufferPointer(start: buffer, count: length))
  }

  // MARK: Making

  func makeDictionary(_ entries: KeyValuePairs<String, Object> = [:]) -> Object {
    let object = unsafe qpdf_oh_new_dictionary(handle)
    for (key, value) in entries { set(object, key, value) }
    return object
  }

  func makeArray(_ items: [Object]) -> Object {
    let object = unsafe qpdf_oh_new_array(handle)
    for item in items { unsafe qpdf_oh_append_item(handle, object, item) }
    return object
  }

  func makeName(_ name: String) -> Object { unsafe qpdf_oh_new_name(handle, name) }
  func makeInteger(_ value: Int) -> Object { unsafe qpdf_oh_new_integer(handle, Int64(value)) }
  func makeReal(_ value: Double) -> Object { unsafe qpdf_oh_new_real_from_double(handle, value, 6) }
  func makeString(_ bytes: [UInt8]) -> Object {
    unsafe bytes.withUnsafeBytes {
      unsafe qpdf_oh_new_binary_string(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
  }
  func makeText(_ text: String) -> Object {
    // Cut at a NUL, which no text of ours has.
    unsafe qpdf_oh_new_unicode_string(handle, text)
  }
  func makeNull() -> Object { unsafe qpdf_oh_new_null(handle) }
  func makeTrue() -> Object { unsafe qpdf_oh_new_bool(handle, 1) }
  func makeIndirect(_ object: Object) -> Object { unsafe qpdf_make_indirect_object(handle, object) }

  /// An indirect stream; packed when the document is written.
  /// - Parameter packed: the bytes as zlib packs them, where somebody did so already.
  func makeStream(_ bytes: [UInt8], packed: [UInt8]? = nil, _ entries: KeyValuePairs<String, Object>) -> Object {
    let stream = unsafe qpdf_oh_new_stream(handle)
    if let packed {
      replace(stream, by: packed, filter: makeName("/FlateDecode"))
    } else {
      replace(stream, by: bytes)
    }
    let dictionary = unsafe qpdf_oh_get_dict(handle, stream)
    for (key, value) in entries { set(dictionary, key, value) }
    return stream
  }

  func set(_ dictionary: Object, _ key: String, _ value: Object) {
    unsafe qpdf_oh_replace_key(handle, dictionary, key, value)
  }

  /// Puts a value into an array, in place of the one that is there.
  func set(_ array: Object, at index: Int, _ value: Object) {
    guard isArray(array), unsafe (0..<Int(qpdf_oh_get_array_n_items(handle, array))).contains(index) else { return }
    unsafe qpdf_oh_set_array_item(handle, array, Int32(index), value)
  }

  /// Puts other bytes into a stream; packed when the document is written.
  func replace(_ stream: Object, by bytes: [UInt8]) { replace(stream, by: bytes, filter: makeNull()) }

  private func replace(_ stream: Object, by bytes: [UInt8], filter: Object) {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe qpdf_oh_replace_stream_data(handle, stream, $0.baseAddress, $0.count, filter, makeNull())
    }
  }

  func remove(_ dictionary: Object, _ key: String) { unsafe qpdf_oh_remove_key(handle, dictionary, key) }

  /// With object streams, and an /ID that follows from the content alone.
  /// - Parameter version: of PDF, at least 1.5, which has object streams.
  func write(version: String = "1.7") throws(Problem) -> [UInt8] {
    try check("cannot be completed")
    _ = unsafe qpdf_init_write_memory(handle)
    unsafe qpdf_set_object_stream_mode(handle, qpdf_o_generate)
    unsafe qpdf_set_deterministic_ID(handle, 1)
    unsafe qpdf_set_minimum_pdf_version(handle, version)
    _ = unsafe qpdf_write(handle)
    try check("cannot be written")
    return unsafe Array(UnsafeBufferPointer(start: qpdf_get_buffer(handle), count: qpdf_get_buffer_length(handle)))
  }
}
