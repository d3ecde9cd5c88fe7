using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Limits;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

/// <summary>What one request, and all together, may take of the server.</summary>
public sealed class LimitsTests : ApiTest
{
    private const int Announced = 100_000;

    private readonly FakeDisk disk = new() { Free = 1L << 40 };

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        builder => builder.Services.AddSingleton<IDiskSpace>(disk),
        ("FishCheckpoint:Limits:MaxConcurrentUploads", "2"), ("FishCheckpoint:Limits:MinBytesPerSecond", "0"),
        ("FishCheckpoint:Limits:MinFreeBytes", "1000000"), ("FishCheckpoint:Limits:MaxTemporaryBytes", "50000000"));

    [Fact]
    public async Task Disk_WithTooLittleLeft_RefusesUploadsAndServesTheRest()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        disk.Free = 1_000_000;
        var body = Base.Change(2).ToBytes();
        await RefusedAsync(HttpStatusCode.InsufficientStorage, "INSUFFICIENT_STORAGE", () => PutAsync($"{Steps}/2", body));
        await RefusedAsync(HttpStatusCode.InsufficientStorage, "INSUFFICIENT_STORAGE", () => PutAsync("/v1/bases/new", body));
        await RefusedAsync(
            HttpStatusCode.InsufficientStorage, "INSUFFICIENT_STORAGE",
            () => PutAsync($"{Steps}/1/state", body, "application/octet-stream"));
        await RefusedAsync(
            HttpStatusCode.InsufficientStorage, "INSUFFICIENT_STORAGE",
            () => SendAsync(HttpMethod.Put, $"{Steps}/2", new Unannounced(body)));
        Assert.Equal(Base.Change(1).ToBytes(), await BytesAsync($"{Steps}/1/model.safetensors"));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1"));
        disk.Free = 1L << 40;
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
    }

    [Fact]
    public async Task Disk_WithTooLittleLeft_EndsTheGraceOfWhatWasDeleted()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1"));
        var body = Base.Change(2).ToBytes();
        disk.Free = 999_999;
        await RefusedAsync(HttpStatusCode.InsufficientStorage, "INSUFFICIENT_STORAGE", () => PutAsync($"{Steps}/2", body));
        Assert.Single((await JsonAsync<Page<DeletedCheckpoint>>("/v1/tasks/task/deleted")).Items);

        // First the log gives back what it can.
        disk.Free = 999_999 + body.Length;
        await ExpectAsync(HttpStatusCode.InsufficientStorage, PutAsync($"{Steps}/2", body));
        await ExpectAsync(HttpStatusCode.InsufficientStorage, PutAsync($"{Steps}/2", body));
        Assert.Empty((await JsonAsync<Page<DeletedCheckpoint>>("/v1/tasks/task/deleted")).Items);
    }

    [Fact]
    public async Task Announcement_OfAKeyThatMayNotRemoveForGood_EndsNoGraceBeyondTheReserve()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1, 1)));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1"));
        var body = Base.Change(2).ToBytes();
        disk.Free = body.Length - 200_000;
        foreach (var (scope, left) in new[] { (KeyScope.Write, 1), (KeyScope.Admin, 0) })
        {
            await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Server.DataFolder }, Stop))
            {
                var key = await store.Access.AddKeyAsync(new KeySpec($"key-{left}", scope, null, null, null), Stop);
                Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Token);
            }

            for (var attempt = 0; attempt < 3; attempt++)
            {
                await ExpectAsync(HttpStatusCode.InsufficientStorage, PutAsync($"{Steps}/2", body));
            }

            Assert.Equal(left, (await JsonAsync<Page<DeletedCheckpoint>>("/v1/tasks/task/deleted")).Items.Count);
        }
    }

    [Fact]
    public async Task Body_LongerThanAllTemporaryFilesMayBe_IsRefusedBeforeItIsSent()
    {
        var answer = await RawHttp.SendAsync(
            Server.Address, $"PUT {Steps}/2 HTTP/1.1\r\nContent-Type: {Safetensors}\r\nContent-Length: 50000001", [], finish: false, Stop);
        Assert.StartsWith("HTTP/1.1 507", answer, StringComparison.Ordinal);
        Assert.Contains("\"INSUFFICIENT_STORAGE\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_BeyondTheirNumber_AreAskedToRetry()
    {
        using (var first = await BeginUploadAsync(11))
        {
            using var second = await BeginUploadAsync(12);
            using var third = await SaveBesideBothAsync();
            Assert.Equal("1", third.Headers.RetryAfter?.ToString());
            Assert.Contains("TOO_MANY_REQUESTS", await third.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

            // Reading goes on.
            await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks"));
        }

        // Those that have hung up leave their places; a client would try again just so.
        HttpResponseMessage saved;
        do
        {
            await Task.Delay(10, Stop);
            saved = await SaveAsync(13, Base.Change(1));
        }
        while (saved.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.Created, saved.StatusCode);
        Assert.Empty(Server.Temporaries);
    }

    [Fact]
    public async Task Upload_ThatFails_GivesItsPlaceBack()
    {
        disk.Fault = new InvalidOperationException("no disk");
        for (var index = 0; index < 3; index++)
        {
            var failed = await ExpectAsync(HttpStatusCode.InternalServerError, SaveAsync(1, Base.Change(1)));
            Assert.Contains("\"INTERNAL\"", await failed.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        disk.Fault = null;
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
    }

    // Once the two that have begun hold their places: another one before that would take one of them.
    private async Task<HttpResponseMessage> SaveBesideBothAsync()
    {
        var room = Server.Services.GetRequiredService<UploadRoom>();
        while (room.Reserved < 2 * Announced)
        {
            await Task.Delay(10, Stop);
        }

        return await ExpectAsync(HttpStatusCode.TooManyRequests, SaveAsync(100, Base.Change(1)));
    }

    private Task<TcpClient> BeginUploadAsync(long step) =>
        RawHttp.BeginAsync(
            Server.Address, $"PUT {Steps}/{step} HTTP/1.1\r\nContent-Type: {Safetensors}\r\nContent-Length: {Announced}", "begun", Stop);

    // Sent in chunks, without a length.
    private sealed class Unannounced : StreamContent
    {
        public Unannounced(byte[] body)
            : base(new MemoryStream(body)) => Headers.ContentType = new(Safetensors);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
