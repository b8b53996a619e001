import Typesetting

/// What a document says of itself to who looks at no page: an XMP packet (ISO 16684-1) of the title, its authors and language,
/// and the standards that the file keeps. No dates: the same results give the same bytes.
struct PDFMetadata {
  var title: String
  var subject: String?
  var authors: [String]
  /// A tag of BCP 47.
  var language: String
  var creator: String
  var producer: String
  var purpose: PDFPurpose

  /// The packet, UTF-8.
  var packet: [UInt8] {
    var body = "<dc:format>application/pdf</dc:format>\n"
    body += "<dc:title><rdf:Alt>\(Self.item(title, "xml:lang=\"x-default\""))</rdf:Alt></dc:title>\n"
    if let subject, !subject.isEmpty {
      body +=
        "<dc:description><rdf:Alt>\(Self.item(subject, "xml:lang=\"x-default\""))</rdf:Alt></dc:description>\n"
    }
    if !authors.isEmpty {
      body += "<dc:creator><rdf:Seq>\(authors.map { Self.item($0) }.joined())</rdf:Seq></dc:creator>\n"
    }
    body += "<dc:language><rdf:Bag>\(Self.item(language))</rdf:Bag></dc:language>\n"
    body += "<xmp:CreatorTool>\(SVGWriter.escaped(creator))</xmp:CreatorTool>\n"
    body += "<pdf:Producer>\(SVGWriter.escaped(producer))</pdf:Producer>\n"
    if purpose == .report { body += "<pdfaid:part>3</pdfaid:part>\n<pdfaid:conformance>U</pdfaid:conformance>\n" }
    body += "<pdfuaid:part>1</pdfuaid:part>\n"
    if purpose == .report { body += Self.extensionSchema }
    let text = """
      <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
      <x:xmpmeta xmlns:x="adobe:ns:meta/">
      <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
      xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" \
      xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" \
      xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
      xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
      xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
      \(body)</rdf:Description>
      </rdf:RDF>
      </x:xmpmeta>
      <?xpacket end="r"?>
      """
    return Array(text.utf8)
  }

  private static func item(_ text: String, _ attribute: String = "") -> String {
    "<rdf:li\(attribute.isEmpty ? "" : " " + attribute)>\(SVGWriter.escaped(text))</rdf:li>"
  }

  /// Archival PDF does not know PDF/UA's own property and wants it described (ISO 19005-3, 6.6.2.3).
  private static let extensionSchema = """
    <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
    <pdfaProperty:name>part</pdfaProperty:name>
    <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
    <pdfaProperty:category>internal</pdfaProperty:category>
    <pdfaProperty:description>Part of the PDF/UA standard</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
    </rdf:li></rdf:Bag></pdfaExtension:schemas>

    """
}
