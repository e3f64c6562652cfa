import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.xml.parsers.*;
import org.w3c.dom.*;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXParseException;

/** Reads documents, one a line in base64, and answers with one line of JSON each: {"value": …} or {"error": …}. */
public class ReadBack {
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            byte[] document = Base64.getDecoder().decode(line);
            String answer;
            try {
                answer = "{\"value\":" + (arguments[0].equals("xml") ? xml(document) : properties(document)) + "}";
            } catch (Exception error) {
                answer = "{\"error\":" + quote(String.valueOf(error)) + "}";
            }
            out.println(answer);
        }
        out.flush();
    }

    /** Read twice, as bytes (Latin-1) and as UTF-8: programs do the one or the other, and must get the same. */
    static String properties(byte[] document) throws IOException {
        Properties asBytes = new Properties();
        asBytes.load(new ByteArrayInputStream(document));
        Properties asText = new Properties();
        asText.load(new StringReader(new String(document, StandardCharsets.UTF_8)));
        if (!asBytes.equals(asText)) throw new IOException("read as Latin-1 it is another than read as UTF-8");
        List<String> members = new ArrayList<>();
        for (String name : new TreeSet<>(asText.stringPropertyNames())) members.add(quote(name) + ":" + quote(asText.getProperty(name)));
        return "{" + String.join(",", members) + "}";
    }

    static String xml(byte[] document) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        builder.setErrorHandler(new ErrorHandler() {
            public void warning(SAXParseException fault) {}
            public void error(SAXParseException fault) throws SAXParseException { throw fault; }
            public void fatalError(SAXParseException fault) throws SAXParseException { throw fault; }
        });
        return node(builder.parse(new ByteArrayInputStream(document)).getDocumentElement());
    }

    /** As the other reader of XML has it: the text before the first child. */
    static String node(Element element) {
        List<String> attributes = new ArrayList<>();
        NamedNodeMap map = element.getAttributes();
        for (int index = 0; index < map.getLength(); index++) {
            attributes.add(quote(map.item(index).getNodeName()) + ":" + quote(map.item(index).getNodeValue()));
        }
        StringBuilder text = new StringBuilder();
        List<String> children = new ArrayList<>();
        for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element) children.add(node((Element) child));
            else if (child instanceof Text && children.isEmpty()) text.append(child.getNodeValue());
        }
        return "{\"attributes\":{" + String.join(",", attributes) + "},\"text\":" + (text.length() == 0 ? "null" : quote(text.toString()))
            + ",\"children\":[" + String.join(",", children) + "]}";
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            if (unit != '"' && unit != '\\' && unit >= 0x20 && unit <= 0x7e) {
                quoted.append(unit);
                continue;
            }
            quoted.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) quoted.append(Character.forDigit(unit >> shift & 15, 16));
        }
        return quoted.append('"').toString();
    }
}
