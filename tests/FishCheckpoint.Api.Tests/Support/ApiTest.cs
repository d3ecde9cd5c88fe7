using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>A server with one base and one task.</summary>
public abstract class ApiTest : IAsyncLifetime
{
    protected const string Safetensors = "application/vnd.safetensors";
    protected const string Frames = "application/vnd.fishcheckpoint";
    protected const string Steps = "/v1/tasks/task/checkpoints";

    protected ApiServer Server { get; private set; } = null!;

    protected HttpClient Client => Server.Client;

    protected TestModel Base { get; } = TestModel.Create();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Server = await StartAsync();
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/base", Base.ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/task", """{"base":"base"}"""));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual Task<ApiServer> StartAsync() => ApiServer.StartAsync();

    protected Task<HttpResponseMessage> PutAsync(
        string path, byte[] body, string type = Safetensors, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, Content(body, type), headers);

    protected Task<HttpResponseMessage> PutJsonAsync(string path, string json) =>
        SendAsync(HttpMethod.Put, path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));

    protected Task<HttpResponseMessage> SaveAsync(long step, TestModel model, string query = "") =>
        PutAsync($"{Steps}/{step}{query}", model.ToBytes());

    protected Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    protected async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await Client.SendAsync(request, Stop);
    }

    protected Task<byte[]> BytesAsync(string path) => Client.GetByteArrayAsync(path, Stop);

    protected async Task<T> JsonAsync<T>(string path) => (await Client.GetFromJsonAsync<T>(path, FishJson.Options, Stop))!;

    protected static async Task<T> JsonAsync<T>(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<T>(FishJson.Options, Stop))!;

    protected static async Task<HttpResponseMessage> ExpectAsync(HttpStatusCode status, Task<HttpResponseMessage> sending)
    {
        var response = await sending;
        Assert.True(response.StatusCode == status, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync(Stop)}");
        return response;
    }

    /// <summary>Sends what is to be refused: the problem has this code and status, and the server holds what it held before.</summary>
    protected async Task<JsonElement> RefusedAsync(HttpStatusCode status, string code, Func<Task<HttpResponseMessage>> sending)
    {
        var before = await HeldAsync();
        using var response = await ExpectAsync(status, sending());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await JsonAsync<JsonElement>(response);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal($"urn:fishcheckpoint:error:{code}", problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.All(
            ["title", "detail", "operation", "key", "cause", "hint"], member => Assert.NotNull(problem.GetProperty(member).GetString()));
        Assert.Equal(before, await HeldAsync());
        return problem;
    }

    /// <summary>Everything that the server holds, as text; nothing lies about in its temporary folder.</summary>
    protected async Task<string> HeldAsync()
    {
        Assert.Empty(Server.Temporaries);
        var (bases, tasks) = (await Client.GetStringAsync("/v1/bases", Stop), await JsonAsync<Page<TaskInfo>>("/v1/tasks"));
        var text = bases + string.Join(
            ',', Directory.EnumerateFileSystemEntries(Path.Combine(Server.DataFolder, "bases")).Order(StringComparer.Ordinal));
        foreach (var task in tasks.Items)
        {
            text += JsonSerializer.Serialize(task, FishJson.Options) + await Client.GetStringAsync(
                $"/v1/tasks/{task.Name}/checkpoints", Stop)
                + await Client.GetStringAsync($"/v1/tasks/{task.Name}/reports/storage", Stop);
        }

        return text;
    }

    protected static ByteArrayContent Content(byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
