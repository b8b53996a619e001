import Support

/// What makes a PDF as large as it is, in bytes as they lie in the file.
public struct PDFSizes: Sendable, Hashable {
  /// Of the whole file.
  public private(set) var total: Int
  /// Of pictures, each once however often it is shown.
  public private(set) var pictures = 0
  /// How many pictures there are.
  public private(set) var pictureCount = 0
  /// Of font programs.
  public private(set) var fonts = 0
  /// Of embedded files.
  public private(set) var attachments = 0
  /// Of everything else: what pages draw and their structure.
  public var rest: Int { total - pictures - fonts - attachments }

  /// - Parameter file: for errors.
  /// - Throws: `Problem` when the bytes are no PDF, or a damaged one.
  public init(_ bytes: [UInt8], file: String) throws(Problem) {
    let document = try QPDFDocument(bytes, file: file)
    total = bytes.count
    var programs: Set<[Int32]> = []
    for object in document.objects {
      for key in ["/FontFile", "/FontFile2", "/FontFile3"] {
        if let program = document.value(object, key), document.isStream(program),
          document.identity(program).map({ programs.insert($0).inserted }) == true
        {
          fonts += size(of: program)
        }
      }
    }
    func size(of stream: QPDFDocument.Object) -> Int {
      document.value(stream, "/Length").flatMap(document.integer) ?? 0
    }
    for object in document.objects where document.isStream(object) {
      if document.value(object, "/Subtype").flatMap(document.name) == "/Image" {
        pictures += size(of: object)
        pictureCount += 1
      } else if document.value(object, "/Type").flatMap(document.name) == "/EmbeddedFile" {
        attachments += size(of: object)
      }
    }
    try document.check("it cannot be read")
  }
}
