using System.Net;
using System.Net.Http.Headers;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>A server with keys: the test's own client has one that may do everything.</summary>
public abstract class AccessTest : ApiTest, IAsyncLifetime
{
    private readonly List<HttpClient> clients = [];

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/other", """{"base":"base"}"""));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var key = await AddKeyAsync("root", KeyScope.Admin);
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Token);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a key on the data folder, as another process would.</summary>
    protected async Task<NewKey> AddKeyAsync(
        string name, KeyScope scope, IReadOnlyList<string>? tasks = null, DateTimeOffset? expires = null, long? quota = null)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Server.DataFolder }, Stop);
        return await store.Access.AddKeyAsync(new KeySpec(name, scope, tasks, expires, quota), Stop);
    }

    /// <summary>A client that sends a token, or none.</summary>
    protected HttpClient As(string? token)
    {
        var client = new HttpClient { BaseAddress = Server.Address };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        clients.Add(client);
        return client;
    }

    protected async Task<HttpClient> AsNewAsync(string name, KeyScope scope, params string[] tasks) =>
        As((await AddKeyAsync(name, scope, tasks.Length == 0 ? null : tasks)).Token);

    /// <summary>Sends a request by another client, and checks the status and the problem's code.</summary>
    protected static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, HttpStatusCode status, string? code = null, HttpContent? content = null)
    {
        var response = await ExpectAsync(status, client.SendAsync(new HttpRequestMessage(method, path) { Content = content }, Stop));
        if (code is not null)
        {
            Assert.Equal(code, (await JsonAsync<System.Text.Json.JsonElement>(response)).GetProperty("code").GetString());
        }

        return response;
    }

    protected static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    protected async Task<IReadOnlyList<AuditEntry>> AuditAsync() => (await JsonAsync<Page<AuditEntry>>("/v1/audit?limit=1000")).Items;
}
