using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>docs/reference/http.md describes every route, type and error as the OpenAPI document does.</summary>
public sealed partial class HttpPageTests : ApiTest
{
    // Nearly every route may answer with these; the page's introduction says so once.
    private static readonly string[] CommonErrors = ["400", "401", "403", "404", "429"];

    [Fact]
    public async Task Page_DescribesEveryRouteTypeAndError()
    {
        var document = await JsonAsync<JsonElement>("/openapi/v1.json");
        var page = new StringBuilder();
        foreach (var tag in document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()!))
        {
            page.Append($"## {tag}\n\n");
            foreach (var route in Routes(document, tag))
            {
                Describe(page, route);
            }
        }

        Types(page, document.GetProperty("components").GetProperty("schemas"));
        Errors(page);
        GeneratedPage.Check("http.md", page.ToString());
    }

    // Routes that differ in method or address alone are described together.
    private static IEnumerable<IReadOnlyList<Route>> Routes(JsonElement document, string tag) => document
        .GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(
            operation => new Route(operation.Name.ToUpperInvariant(), path.Name, operation.Value)))
        .Where(route => route.Operation.GetProperty("tags")[0].GetString() == tag)
        .GroupBy(route => (route.Summary, route.Answers, route.IsHub ? string.Empty : route.Path))
        .Select(group => group.ToArray());

    private static void Describe(StringBuilder page, IReadOnlyList<Route> routes)
    {
        var first = routes[0];
        string[] lines = [.. routes.GroupBy(route => route.Path).Select(
            path => $"{string.Join(", ", path.Select(route => route.Method))} {path.Key}")];
        page.Append($"### {lines[0]}\n\n{first.Summary}.\n\n");
        if (lines.Length > 1)
        {
            page.Append($"Also:\n\n```\n{string.Join('\n', lines.Skip(1))}\n```\n\n");
        }

        if (first.Operation.TryGetProperty("parameters", out var parameters))
        {
            page.Append("| parameter | in | type | meaning |\n|---|---|---|---|\n");
            foreach (var parameter in parameters.EnumerateArray())
            {
                var (name, place) = (parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!);
                page.Append(
                    $"{GeneratedPage.Row($"`{(place == "query" ? JsonNamingPolicy.CamelCase.ConvertName(name) : name)}`", place,
                        TypeOf(parameter.GetProperty("schema")), TextOf(parameter))}\n");
            }

            page.Append('\n');
        }

        if (first.Operation.TryGetProperty("requestBody", out var body))
        {
            page.Append($"Body: {ContentOf(body)}.\n\n");
        }

        page.Append($"{first.Answers}\n\n");
    }

    private static void Types(StringBuilder page, JsonElement schemas)
    {
        page.Append("## Types\n\n");
        foreach (var schema in schemas.EnumerateObject())
        {
            page.Append($"### {schema.Name}\n\n");
            if (TextOf(schema.Value) is { Length: > 0 } text)
            {
                page.Append($"{text}\n\n");
            }

            if (schema.Value.TryGetProperty("properties", out var members))
            {
                page.Append("| member | type | meaning |\n|---|---|---|\n");
                foreach (var member in members.EnumerateObject())
                {
                    page.Append($"{GeneratedPage.Row($"`{member.Name}`", TypeOf(member.Value), TextOf(member.Value))}\n");
                }

                page.Append('\n');
            }
            else
            {
                page.Append($"{TypeOf(schema.Value)}\n\n");
            }
        }
    }

    private static void Errors(StringBuilder page)
    {
        var docs = new XmlDocs(typeof(ErrorCode).Assembly);
        page.Append("## Error codes\n\n| code | status | meaning |\n|---|---|---|\n");
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            var meaning = docs.SummaryOf($"F:{typeof(ErrorCode).FullName}.{code}");
            page.Append($"{GeneratedPage.Row($"`{ErrorCodes.NameOf(code)}`", $"{ErrorStatus.Of(ErrorCodes.KindOf(code))}", meaning)}\n");
        }
    }

    private static string TextOf(JsonElement described)
    {
        var text = described.TryGetProperty("description", out var own) ? own.GetString()!
            : described.TryGetProperty("oneOf", out var choices) ? string.Concat(choices.EnumerateArray().Select(TextOf)) : string.Empty;
        return Spaces().Replace(text, " ").Replace("<", "&lt;", StringComparison.Ordinal);
    }

    private static string ContentOf(JsonElement body) => body.TryGetProperty("content", out var content)
        ? string.Join(" or ", content.EnumerateObject().Select(media =>
            media.Value.TryGetProperty("schema", out var schema) && !IsBytes(schema)
                ? $"{TypeOf(schema)} (`{media.Name}`)" : $"`{media.Name}`"))
        : "none";

    private static bool IsBytes(JsonElement schema) => schema.TryGetProperty("format", out var format) && format.GetString() == "binary";

    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            return $"[{name}](#{name.ToLowerInvariant()})";
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            return string.Join(" or ", choices.EnumerateArray().Select(TypeOf).OrderBy(type => type == "null"));
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            return string.Join(", ", values.EnumerateArray().Select(value => $"`{value}`"));
        }

        string[] types = !schema.TryGetProperty("type", out var type) ? ["any"]
            : type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(item => item.GetString()!)] : [type.GetString()!];
        var isNumber = types.Contains("integer") || schema.TryGetProperty("anyOf", out _);
        var shown = types.FirstOrDefault(name => name is not ("null" or "string")) ?? types[^1];
        shown = shown switch
        {
            "array" => $"array of {TypeOf(schema.GetProperty("items"))}",
            "object" when schema.TryGetProperty("additionalProperties", out var items) && items.ValueKind == JsonValueKind.Object =>
                $"object of {TypeOf(items)}",
            "object" when isNumber => "number",
            "string" when schema.TryGetProperty("format", out var format) => format.GetString()!,
            _ => shown,
        };
        return types is ["null", ..] and not [_] ? $"{shown} or null" : shown;
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();

    private sealed record Route(string Method, string Path, JsonElement Operation)
    {
        public string Summary { get; } =
            (Operation.TryGetProperty("summary", out var text) ? text.GetString()! : string.Empty).TrimEnd('.');

        public bool IsHub => Operation.GetProperty("tags")[0].GetString() == "Hub";

        public string Answers
        {
            get
            {
                (string Status, JsonElement Answer)[] all = [.. Operation.GetProperty("responses").EnumerateObject()
                    .Select(answer => (answer.Name, answer.Value)).OrderBy(answer => answer.Name, StringComparer.Ordinal)];
                var successes = all.Where(answer => answer.Status[0] < '4')
                    .Select(answer => $"{answer.Status}: {ContentOf(answer.Answer)}");
                var errors = all.Select(answer => answer.Status).Where(status => status[0] >= '4' && !CommonErrors.Contains(status));
                (string Head, string Text)[] parts = [("Answers", string.Join("; ", successes)), ("Errors", string.Join(", ", errors))];
                return string.Join(' ', parts.Where(part => part.Text.Length > 0).Select(part => $"{part.Head}: {part.Text}."));
            }
        }
    }
}
