using System.Text;
using FishCheckpoint.Contract;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>A request for each route that takes a name, a query or a body, as api.http has them.</summary>
internal static class HttpSeeds
{
    private const string Json = "application/json";
    private const string Safetensors = "application/vnd.safetensors";

    /// <summary>What there is before: a base, two tasks, two checkpoints, a tag and a trainer state.</summary>
    public static IEnumerable<HttpInput> Prepare(TestModel model) =>
    [
        new("PUT", "/v1/bases/base", Safetensors, model.ToBytes()), Put("/v1/tasks/task", """{"base":"base"}"""), Put("/v1/tasks/other", """{"base":"base"}"""),
        new("PUT", "/v1/tasks/task/checkpoints/1", Safetensors, model.Change(1).ToBytes()), new("PUT", "/v1/tasks/task/checkpoints/2", Safetensors, model.Change(2).ToBytes()),
        new("PUT", "/v1/tasks/task/checkpoints/2/state", "application/octet-stream", [1, 2, 3]), Put("/v1/tasks/task/tags/good", """{"step":1}"""),
    ];

    public static IEnumerable<HttpInput> Make(TestModel model) =>
    [
        Put("/v1/tasks/new", """{"base":"base","description":"three classes","metadata":{"lr":"3e-5"},"retention":{"keepLast":5,"keepEvery":100,"keepBest":2,"monitor":"loss","mode":"min"},"tensors":{"head/weight":{"dtype":"F32","shape":[3,4]},"w":null}}"""),
        Put("/v1/tasks/branch", """{"from":{"task":"task","step":1}}"""), Put("/v1/tasks/task", """{"base":"base","retention":{"keepLast":2}}"""), Put("/v1/tasks/task/tags/best1", """{"step":2}"""), Put("/v1/tasks/task/quota", """{"bytes":10000000000}"""),
        Put("/v1/tasks/task/quota", """{"bytes":null}"""), Post("/v1/maintenance/recode", """{"task":"task","maxBytes":1000000,"maxTime":"00:00:01"}"""),
        Post("/v1/maintenance/verify", """{"quick":false,"task":"task","subset":{"part":1,"of":2},"maxBytes":100000,"maxTime":"00:00:01"}"""),
        Post("/v1/maintenance/fold", """{"task":"task","maxBytes":1000000,"maxTime":"00:00:01","maxReadCost":2.5}"""), Post("/v1/gc?dryRun=true", ""),
        Post("/v1/tasks/task/checkpoints/2/verify", ""), Put("/v1/tasks/task/checkpoints/1/pin", ""), Delete("/v1/tasks/task/checkpoints/1/pin"), Delete("/v1/tasks/task/tags/best1"),
        new("PUT", "/v1/tasks/other/checkpoints/7?parent=auto&base=base", Safetensors, model.Change(3).PatchAgainst(model)),
        new("PUT", "/v1/tasks/other/checkpoints/8?parent=previous", Safetensors, model.Change(4).ToBytes()), new("PUT", "/v1/bases/more", Safetensors, model.Change(5).ToBytes()),
        new("PUT", "/v1/tasks/other/checkpoints/9", "multipart/form-data; boundary=part", Encoding.Latin1.GetBytes("--part\r\nContent-Disposition: form-data; name=\"checkpoint\"\r\nContent-Type: application/vnd.safetensors\r\n\r\n{}\r\n--part--\r\n")),
        new("PUT", "/v1/tasks/task/checkpoints/1/state", "application/octet-stream", [9]), Delete("/v1/tasks/other/checkpoints/7"),
        .. new[]
        {
            "/", "/healthz", "/v1/bases?limit=1&after=a", "/v1/bases/base", "/v1/bases/base/files", "/v1/bases/base/files/model.safetensors", "/v1/bases/base/model.safetensors", "/v1/bases/base/reports/storage",
            "/v1/tasks?limit=10&after=a", "/v1/tasks/task", "/v1/tasks/task/checkpoints?limit=10&after=1", "/v1/tasks/task/checkpoints/latest", "/v1/tasks/task/checkpoints/best",
            "/v1/tasks/task/checkpoints/good/model.safetensors", "/v1/tasks/task/checkpoints/2/files", "/v1/tasks/task/checkpoints/2/files/model.safetensors", "/v1/tasks/task/checkpoints/2/tensors/head/weight",
            "/v1/tasks/task/checkpoints/2/delta?from=base", "/v1/tasks/task/checkpoints/2/delta?from=1", "/v1/tasks/task/checkpoints/2/state", "/v1/reports/storage", "/v1/tasks/task/reports/storage",
            "/v1/tasks/task/reports/tensors?limit=2", "/v1/reports/growth?task=task&from=2026-01-01&to=2026-12-31&bucket=week", "/v1/audit?task=task&since=2026-01-31T00:00:00Z&limit=10", "/v1/maintenance/damage",
        }.Select(path => new HttpInput("GET", path, "", [])),
    ];

    private static HttpInput Put(string path, string json) => new("PUT", path, Json, Encoding.UTF8.GetBytes(json));

    private static HttpInput Post(string path, string json) => new("POST", path, Json, Encoding.UTF8.GetBytes(json));

    private static HttpInput Delete(string path) => new("DELETE", path, "", []);
}
