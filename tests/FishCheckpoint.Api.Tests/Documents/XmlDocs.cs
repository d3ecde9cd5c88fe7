using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>The XML documentation of an assembly, as Markdown.</summary>
/// <param name="assembly">The assembly, which lies beside its documentation.</param>
internal sealed partial class XmlDocs(System.Reflection.Assembly assembly)
{
    private readonly Dictionary<string, XElement> members = XDocument
        .Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => (string)member.Attribute("name")!, member => member.Element("summary")!, StringComparer.Ordinal);

    /// <summary>The summary of a member.</summary>
    /// <param name="id">Its id, as in <c>P:Namespace.Type.Property</c>.</param>
    public string SummaryOf(string id) => Spaces().Replace(string.Concat(members[id].Nodes().Select(TextOf)), " ").Trim();

    private static string TextOf(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement see when (string?)see.Attribute("langword") is { } word => $"`{word}`",
        XElement see when (string?)see.Attribute("cref") is { } name => $"`{name[(name.LastIndexOf('.') + 1)..]}`",
        _ => string.Empty,
    };

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
