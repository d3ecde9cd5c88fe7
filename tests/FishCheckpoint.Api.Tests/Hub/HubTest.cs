using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Access;
using FishCheckpoint.Api.Tests.Support;

namespace FishCheckpoint.Api.Tests.Hub;

/// <summary>A server that holds what the recorded clients were shown; with keys as soon as one is made.</summary>
public abstract class HubTest : AccessTest
{
    private const string Tarred = "application/x-tar";

    protected async Task FillAsync()
    {
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/task"));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/other"));
        await ExpectAsync(HttpStatusCode.Created, PutAsync(
            "/v1/bases/single", Tar.Of(
                ("model.safetensors", HubModels.Step(0)), ("config.json", HubModels.Config),
                ("tokenizer.json", HubModels.Tokenizer)), Tarred));
        await ExpectAsync(
            HttpStatusCode.Created,
            PutAsync("/v1/bases/sharded", Tar.Of([.. HubModels.Shards(0), ("config.json", HubModels.Config)]), Tarred));
        foreach (var (task, named) in new[] { ("sst2", "single"), ("big", "sharded"), ("empty", "single") })
        {
            await ExpectAsync(
                HttpStatusCode.Created,
                PutJsonAsync($"/v1/tasks/{task}", $$$"""{"base":"{{{named}}}","retention":{"monitor":"loss","mode":"min"}}"""));
        }

        await SaveStepAsync(100, HubModels.Step(100), 0.1);
        await SaveStepAsync(
            120, HubModels.Step(120), 0.2, ("Repr-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(HubModels.Step(120)))}:"));
        await ExpectAsync(HttpStatusCode.NoContent, PutJsonAsync("/v1/tasks/sst2/tags/released", """{"step":100}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/big/checkpoints/5", Tar.Of(HubModels.Shards(5)), Tarred));
    }

    protected Task<HttpResponseMessage> SaveStepAsync(int step, byte[] model, double loss, params (string Name, string Value)[] headers) =>
        ExpectAsync(
        HttpStatusCode.Created,
        PutAsync(
            $"/v1/tasks/sst2/checkpoints/{step}", model, Safetensors,
            [("Checkpoint-Metrics", FormattableString.Invariant($$"""{"loss":{{loss}}}""")), .. headers]));

    /// <summary>Sends a request as it is, with a token or none; redirects are not followed.</summary>
    protected async Task<HttpResponseMessage> AskAsync(
        HttpMethod method, string path, string? token = null, string? body = null, params (string Name, string Value)[] headers)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = Server.Address };
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = body is null ? null : new StringContent(body, MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request, Stop);
    }

    /// <summary>A field of an answer, whichever kind it is of.</summary>
    protected static string? Field(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values)
        || response.Content.Headers.NonValidated.TryGetValues(name, out values) ? values.ToString() : null;

    protected async Task<string> TokenAsync(string name, params string[] tasks) =>
        (await AddKeyAsync(name, KeyScope.Read, tasks.Length == 0 ? null : tasks)).Token;
}
