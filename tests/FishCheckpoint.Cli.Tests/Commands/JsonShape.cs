using System.Text;
using System.Text.Json;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>
/// The names and kinds of what a command prints as JSON, compared with what docs/reference/cli-json.md says. With FISH_APPROVE set to a
/// path, what is found is added to that file instead, for whoever changes a shape on purpose.
/// </summary>
internal static class JsonShape
{
    private static readonly Lock Writing = new();
    private static readonly Lazy<Dictionary<string, string>> Approved = new(Read);

    /// <summary>The commands whose shapes are documented, some with words that tell their forms apart.</summary>
    public static IEnumerable<string> Commands => Approved.Value.Keys;

    public static void Approve(string command, string json)
    {
        using var parsed = JsonDocument.Parse(json);
        var text = new StringBuilder();
        Write(text, [parsed.RootElement], 0);
        var shape = text.ToString().Trim('\n');
        if (Environment.GetEnvironmentVariable("FISH_APPROVE") is { Length: > 0 } path)
        {
            lock (Writing)
            {
                File.AppendAllText(path, $"# {command}\n{shape}\n\n");
            }

            return;
        }

        Assert.Equal(Approved.Value.GetValueOrDefault(command, $"'{command}' is not in docs/reference/cli-json.md"), shape);
    }

    // A heading names commands whose shape is the block below it.
    private static Dictionary<string, string> Read() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cli-json.md"))
        .ReplaceLineEndings("\n").Split("\n## ").Skip(1).Select(section => (Head: section.Split('\n', 2)[0], Parts: section.Split("```\n")))
        .SelectMany(section => section.Head.Split(", ").Select(command => (Command: command.Trim('`'), Shape: section.Parts[1].Trim('\n'))))
        .ToDictionary(section => section.Command, section => section.Shape, StringComparer.Ordinal);

    // All values at one place, so that one that is null in the first of a list is known from the second.
    private static void Write(StringBuilder text, IReadOnlyList<JsonElement> values, int depth)
    {
        var items = values.Where(value => value.ValueKind == JsonValueKind.Array).SelectMany(value => value.EnumerateArray()).ToArray();
        var members = values.Where(value => value.ValueKind == JsonValueKind.Object).SelectMany(value => value.EnumerateObject())
            .GroupBy(member => member.Name, StringComparer.Ordinal).ToArray();
        text.Append(string.Join('|', values.Select(KindOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));
        if (items.Length > 0)
        {
            text.Append(" of ");
            Write(text, items, depth);
            return;
        }

        text.Append('\n');
        foreach (var member in members)
        {
            text.Append(' ', 2 * (depth + 1)).Append(member.Key).Append(": ");
            Write(text, [.. member.Select(found => found.Value)], depth + 1);
        }
    }

    private static string KindOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "boolean" : value.ValueKind.ToString().ToLowerInvariant();
}
