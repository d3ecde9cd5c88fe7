using System.Text.RegularExpressions;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hub;

/// <summary>
/// What two lines of the real client sent (tests/python/hub_client.py --record), sent again: each answer has the status and fields that the
/// client went by.
/// </summary>
public sealed partial class RecordedClientTests : HubTest
{
    // Ids of this run by those of the recording: how a state came about is part of its name, and the store may lay it out otherwise by now.
    private readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);

    [Theory]
    [InlineData("0.36.2-open.http")]
    [InlineData("0.36.2-keys.http")]
    [InlineData("1.28.0-open.http")]
    [InlineData("1.28.0-keys.http")]
    public async Task Client_AsRecorded_GetsWhatItNeeds(string recording)
    {
        await FillAsync();
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["READER"] = await TokenAsync("reader"), ["LIMITED"] = await TokenAsync("limited", "big"), ["fish_unknown"] = "fish_unknown",
        };
        var everything = recording.Contains("open", StringComparison.Ordinal) ? tokens["READER"] : null;
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Hub", "Recorded", recording), Stop);
        foreach (var exchange in text.Split("\n\n###\n"))
        {
            var (head, answer) = (exchange.Split("\n\nHTTP ")[0], exchange.Split("\n\nHTTP ")[1].Trim().Split('\n'));
            var asked = head.Split("\n\n")[0].Split('\n');
            var body = head.Split("\n\n").ElementAtOrDefault(1);
            var fields = asked[1..].Select(Split).ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
            var token = fields.Remove("Authorization", out var bearer) ? tokens[bearer.Split(' ')[1]] : everything;
            fields.Remove("Content-Type");
            var (method, path) =
                (asked[0].Split(' ')[0], Id().Replace(asked[0].Split(' ')[1], known => ids.GetValueOrDefault(known.Value, known.Value)));

            using var response = await AskAsync(
                new HttpMethod(method), path, token, body, [.. fields.Select(field => (field.Key, field.Value))]);

            Assert.True(
                answer[0] == $"{(int)response.StatusCode}", $"{recording}: {asked[0]}: {(int)response.StatusCode} instead of {answer[0]}");
            Assert.Null(Field(response, "X-Xet-Hash"));
            foreach (var (name, value) in answer[1..].Select(Split))
            {
                RequireSame($"{recording}: {asked[0]}: {name}", value, Field(response, name) ?? "");
            }
        }
    }

    private static (string Name, string Value) Split(string line) =>
        (line[..line.IndexOf(": ", StringComparison.Ordinal)], line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);

    private void RequireSame(string what, string recorded, string found)
    {
        var (old, now) = (Id().Matches(recorded), Id().Matches(found));
        Assert.True(
            old.Count == now.Count && Id().Replace(recorded, "ID") == Id().Replace(found, "ID"),
            $"{what}: '{found}' instead of '{recorded}'");
        foreach (var (known, id) in old.Zip(now, (left, right) => (left.Value, right.Value)))
        {
            Assert.True(ids.TryAdd(known, id) || ids[known] == id, $"{what}: {id} is another one than before");
        }
    }

    // Commits, and tags of files whose digest is not known. Zeros are nobody's.
    [GeneratedRegex(
        "fish-[0-9a-f]{64}|(?<![0-9a-f])(?!0{40})[0-9a-f]{40}(?![0-9a-f])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Id();
}
