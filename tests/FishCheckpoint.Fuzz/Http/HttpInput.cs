using System.Text;
using FishCheckpoint.Contract;
using FishCheckpoint.Fuzz.Mutation;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>A request in one input: method, path with query, media type, each on a line of its own, and the body.</summary>
internal sealed record HttpInput(string Method, string Path, string Type, byte[] Body)
{
    private static readonly string[] Methods = ["GET", "PUT", "POST", "DELETE", "HEAD"];

    private static readonly string[] Pieces =
    [
        "%2e%2e", "%2F", "%5c", "%00", "%ff", "%C0%AE", "%e2%80%ae", "%0d%0a", "//", "/../", "/./", "..", "%", "%zz", "latest", "best",
        "base", "task", "good", "0", "-1", "+1", "1e9",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.5", "NaN", "%20", "'", "%22", "*", "~", ";", "=", "&", "?",
        "%F0%9F%90%9F", "model.safetensors", "x",
    ];

    private static readonly string[] Parameters =
    [
        "limit=", "after=", "from=", "to=", "bucket=", "task=", "since=", "parent=", "base=", "dryRun=", "limit=0", "limit=-1",
        "limit=1001", "limit=99999999999", "from=2026-13-01", "to=0001-01-01",
        "from=9999-12-31T23:59:59Z", "since=0001-01-01T00:00:00%2B14:00", "bucket=second", "bucket=week", "dryRun=maybe", "parent=previous",
        "parent=latest", "from=latest", "after=%00", "task=%ff",
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

        return new HttpInput(
            Methods.Contains(lines[0], StringComparer.Ordinal) ? lines[0] : Methods[lines[0].Length % Methods.Length], Sendable(lines[1]),
            lines[2], rest.ToArray());
    }

    public byte[] ToArray() => [.. Encoding.Latin1.GetBytes($"{Method}\n{Path}\n{Type}\n"), .. Body];

    /// <summary>Changes the path, the query, the body or the rest.</summary>
    public HttpInput Mutate(Random random, HttpInput other) => random.Next(8) switch
    {
        0 or 1 => this with { Path = Sendable(ChangePath(random)) },
        2 or 3 => this with { Path = Sendable(ChangeQuery(random)) },
        4 => random.Next(3) switch { 0 => this with { Method = Methods[random.Next(Methods.Length)] }, 1 => this with { Path = other.Path },
            _ => this with { Type = other.Type } },
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

    private (string Path, string Query) Split() =>
        Path.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? (Path[..at], Path[at..]) : (Path, "");
}

/// <summary>A request for each route that takes a name, a query or a body, as api.http has them.</summary>
internal static class HttpSeeds
{
    private const string Json = "application/json";
    private const string Safetensors = "application/vnd.safetensors";

    /// <summary>What there is before: a base, two tasks, two checkpoints, a tag and a trainer state.</summary>
    public static IEnumerable<HttpInput> Prepare(TestModel model) =>
    [
        new("PUT", "/v1/bases/base", Safetensors, model.ToBytes()), Put("/v1/tasks/task", """{"base":"base"}"""),
        Put("/v1/tasks/other", """{"base":"base"}"""),
        new("PUT", "/v1/tasks/task/checkpoints/1", Safetensors, model.Change(1).ToBytes()),
        new("PUT", "/v1/tasks/task/checkpoints/2", Safetensors, model.Change(2).ToBytes()),
        new("PUT", "/v1/tasks/task/checkpoints/2/state", "application/octet-stream", [1, 2, 3]),
        Put("/v1/tasks/task/tags/good", """{"step":1}"""),
    ];

    public static IEnumerable<HttpInput> Make(TestModel model) =>
    [
        Put(
            "/v1/tasks/new", """{"base":"base","description":"three classes","metadata":{"lr":"3e-5"},"retention":"""
            + """{"keepLast":5,"keepEvery":100,"keepBest":2,"monitor":"loss","mode":"min"},"tensors":"""
            + """{"head/weight":{"dtype":"F32","shape":[3,4]},"w":null}}"""),
        Put("/v1/tasks/branch", """{"from":{"task":"task","step":1}}"""),
        Put("/v1/tasks/task", """{"base":"base","retention":{"keepLast":2}}"""), Put("/v1/tasks/task/tags/best1", """{"step":2}"""),
        Put("/v1/tasks/task/quota", """{"bytes":10000000000}"""),
        Put("/v1/tasks/task/quota", """{"bytes":null}"""),
        Post("/v1/maintenance/recode", """{"task":"task","maxBytes":1000000,"maxTime":"00:00:01"}"""),
        Post(
            "/v1/maintenance/verify",
            """{"quick":false,"task":"task","subset":{"part":1,"of":2},"maxBytes":100000,"maxTime":"00:00:01"}"""),
        Post("/v1/maintenance/fold", """{"task":"task","maxBytes":1000000,"maxTime":"00:00:01","maxReadCost":2.5}"""),
        Post("/v1/gc?dryRun=true", ""),
        Post("/v1/tasks/task/checkpoints/2/verify", ""), Put("/v1/tasks/task/checkpoints/1/pin", ""),
        Delete("/v1/tasks/task/checkpoints/1/pin"), Delete("/v1/tasks/task/tags/best1"),
        new("PUT", "/v1/tasks/other/checkpoints/7?parent=auto&base=base", Safetensors, model.Change(3).PatchAgainst(model)),
        new("PUT", "/v1/tasks/other/checkpoints/8?parent=previous", Safetensors, model.Change(4).ToBytes()),
        new("PUT", "/v1/bases/more", Safetensors, model.Change(5).ToBytes()),
        new(
            "PUT", "/v1/tasks/other/checkpoints/9", "multipart/form-data; boundary=part",
            Encoding.Latin1.GetBytes(
                "--part\r\nContent-Disposition: form-data; name=\"checkpoint\"\r\nContent-Type: "
                + "application/vnd.safetensors\r\n\r\n{}\r\n--part--\r\n")),
        new("PUT", "/v1/tasks/task/checkpoints/1/state", "application/octet-stream", [9]), Delete("/v1/tasks/other/checkpoints/7"),
        .. new[]
        {
            "/", "/healthz", "/v1/bases?limit=1&after=a", "/v1/bases/base", "/v1/bases/base/files",
                "/v1/bases/base/files/model.safetensors", "/v1/bases/base/model.safetensors", "/v1/bases/base/reports/storage",
            "/v1/tasks?limit=10&after=a", "/v1/tasks/task", "/v1/tasks/task/checkpoints?limit=10&after=1",
            "/v1/tasks/task/checkpoints/latest", "/v1/tasks/task/checkpoints/best",
            "/v1/tasks/task/checkpoints/good/model.safetensors", "/v1/tasks/task/checkpoints/2/files",
            "/v1/tasks/task/checkpoints/2/files/model.safetensors", "/v1/tasks/task/checkpoints/2/tensors/head/weight",
            "/v1/tasks/task/checkpoints/2/delta?from=base", "/v1/tasks/task/checkpoints/2/delta?from=1",
            "/v1/tasks/task/checkpoints/2/state", "/v1/reports/storage", "/v1/tasks/task/reports/storage",
            "/v1/tasks/task/reports/tensors?limit=2", "/v1/reports/growth?task=task&from=2026-01-01&to=2026-12-31&bucket=week",
            "/v1/audit?task=task&since=2026-01-31T00:00:00Z&limit=10", "/v1/maintenance/damage",
        }.Select(path => new HttpInput("GET", path, "", [])),
    ];

    private static HttpInput Put(string path, string json) => new("PUT", path, Json, Encoding.UTF8.GetBytes(json));

    private static HttpInput Post(string path, string json) => new("POST", path, Json, Encoding.UTF8.GetBytes(json));

    private static HttpInput Delete(string path) => new("DELETE", path, "", []);
}
