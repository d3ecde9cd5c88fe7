using System.Text;
using FishCheckpoint.Fuzz.Mutation;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>A request in one input: method, path with query, media type, each on a line of its own, and the body.</summary>
internal sealed record HttpInput(string Method, string Path, string Type, byte[] Body)
{
    private static readonly string[] Methods = ["GET", "PUT", "POST", "DELETE", "HEAD"];

    private static readonly string[] Pieces =
    [
        "%2e%2e", "%2F", "%5c", "%00", "%ff", "%C0%AE", "%e2%80%ae", "%0d%0a", "//", "/../", "/./", "..", "%", "%zz", "latest", "best", "base", "task", "good", "0", "-1", "+1", "1e9",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.5", "NaN", "%20", "'", "%22", "*", "~", ";", "=", "&", "?", "%F0%9F%90%9F", "model.safetensors", "x",
    ];

    private static readonly string[] Parameters =
    [
        "limit=", "after=", "from=", "to=", "bucket=", "task=", "since=", "parent=", "base=", "dryRun=", "limit=0", "limit=-1", "limit=1001", "limit=99999999999", "from=2026-13-01", "to=0001-01-01",
        "from=9999-12-31T23:59:59Z", "since=0001-01-01T00:00:00%2B14:00", "bucket=second", "bucket=week", "dryRun=maybe", "parent=previous", "parent=latest", "from=latest", "after=%00", "task=%ff",
    ];

    public static HttpInput Read(byte[] input)
    {
        var lines = new string[3];
        var rest = input.AsMemory();
        for (var line = 0; line < lines.Length; line++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            lines[line] = Encoding.Latin1.GetString(rest.Span[..(end < 0 ? rest.Length : end)]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return new HttpInput(Methods.Contains(lines[0], StringComparer.Ordinal) ? lines[0] : Methods[lines[0].Length % Methods.Length], Sendable(lines[1]), lines[2], rest.ToArray());
    }

    public byte[] ToArray() => [.. Encoding.Latin1.GetBytes($"{Method}\n{Path}\n{Type}\n"), .. Body];

    /// <summary>Changes the path, the query, the body or the rest.</summary>
    public HttpInput Mutate(Random random, HttpInput other) => random.Next(8) switch
    {
        0 or 1 => this with { Path = Sendable(ChangePath(random)) },
        2 or 3 => this with { Path = Sendable(ChangeQuery(random)) },
        4 => random.Next(3) switch { 0 => this with { Method = Methods[random.Next(Methods.Length)] }, 1 => this with { Path = other.Path }, _ => this with { Type = other.Type } },
        _ => this with { Body = JsonMutator.Mutate(random, Body, other.Body) },
    };

    // A client sends no other characters; what they stand for is sent escaped.
    private static string Sendable(string path)
    {
        var text = new StringBuilder(path.StartsWith('/') ? "" : "/");
        foreach (var character in path.Length > 3000 ? path[..3000] : path)
        {
            text.Append(character is > ' ' and < '\x7f' and not '#' ? character : $"%{(int)character & 0xFF:X2}");
        }

        return text.ToString();
    }

    private string ChangePath(Random random)
    {
        var (path, query) = Split();
        var segments = path.Split('/').ToList();
        var at = random.Next(1, segments.Count);
        var piece = Pieces[random.Next(Pieces.Length)];
        switch (random.Next(5))
        {
            case 0: segments[at] = piece; break;
            case 1: segments[at] = segments[at].Insert(random.Next(segments[at].Length + 1), piece); break;
            case 2: segments.Insert(at, piece); break;
            case 3: segments[at] = new string('a', 1 << random.Next(11)); break;
            default: segments.RemoveAt(at); break;
        }

        return string.Join('/', segments) + query;
    }

    private string ChangeQuery(Random random)
    {
        var (path, query) = Split();
        var parameter = Parameters[random.Next(Parameters.Length)];
        parameter += parameter.EndsWith('=') ? Pieces[random.Next(Pieces.Length)] : "";
        return random.Next(3) switch
        {
            0 => $"{path}?{parameter}",
            1 => $"{path}{(query.Length == 0 ? "?" : query + "&")}{parameter}",
            _ => path + query.Insert(random.Next(query.Length + 1), Pieces[random.Next(Pieces.Length)]),
        };
    }

    private (string Path, string Query) Split() => Path.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? (Path[..at], Path[at..]) : (Path, "");
}
