using System.Net.Sockets;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>
/// A server that accepts and then says nothing ends a call after the client's limit; one that moves bytes, however slowly, does not.
/// </summary>
public sealed class SilentServerTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
    private const string Body = """{"items":[],"next":null}""";

    private static readonly TimeSpan Tiny = TimeSpan.FromMilliseconds(100);

    // Long enough for a machine with much else to do to answer within it.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_ServerThatNeverAnswers_IsUnavailableAndSaysThatNoByteMoved()
    {
        await using var server = new ScriptedServer(ScriptedServer.Silent);
        await using var client = Connect(server, Tiny);

        await AssertSilentAsync(() => client.Tasks.GetAsync("task", Stop));
        await AssertSilentAsync(() => client.Bases.OpenAsync("base", Stop));
        await AssertSilentAsync(() => client.Tasks.DeleteAsync("task", Stop));
        await AssertSilentAsync(() => client.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop));
        await AssertSilentAsync(() => client.Tasks.PutAsync("task", new TaskSpec("base"), Stop));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"items\"")]
    public async Task Call_AnswerThatStallsInItsBody_IsUnavailable(string sent)
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            await ScriptedServer.SendAsync(stream, $"{Head}{Body.Length}\r\n\r\n{sent}", stop);
            await ScriptedServer.Silent(stream, stop);
        });
        await using var client = Connect(server, Tiny);

        await AssertSilentAsync(() => client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync());
        await AssertSilentAsync(() => client.States.OpenDeltaAsync("task", StepRef.At(1), cancellationToken: Stop));
    }

    [Fact]
    public async Task Refusal_ThatStallsInItsBody_IsReported()
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            await ScriptedServer.SendAsync(stream, "HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\n{", stop);
            await ScriptedServer.Silent(stream, stop);
        });
        await using var client = Connect(server, Short);

        var error = await Assert.ThrowsAsync<FishException>(() => client.Tasks.GetAsync("task", Stop));
        Assert.Equal((ErrorCode.ServerUnavailable, 503), (error.Code, error.Status));
    }

    [Fact]
    public async Task Content_ThatStalls_IsUnavailable()
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            await ScriptedServer.SendAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nbegun", stop);
            await ScriptedServer.Silent(stream, stop);
        });
        await using var client = Connect(server, Tiny);

        // The server is asked what is damaged, and is silent to that too.
        await AssertSilentAsync(async () =>
        {
            await using var state = await client.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop);
            await state.CopyToAsync(Stream.Null, Stop);
        });
    }

    [Fact]
    public async Task Upload_ServerThatStopsReading_IsUnavailable()
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using var client = Connect(server, Tiny);

        await AssertSilentAsync(
            () => client.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(new byte[64 << 20]), Stop));
    }

    [Fact]
    public async Task Answer_ThatComesByteByByte_IsRead()
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            await ScriptedServer.SendAsync(stream, $"{Head}{Body.Length}\r\n\r\n", stop);
            foreach (var letter in Body)
            {
                await Task.Delay(150, stop);
                await ScriptedServer.SendAsync(stream, $"{letter}", stop);
            }
        });
        await using var client = Connect(server, Short);

        Assert.Empty((await client.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
    }

    [Fact]
    public async Task Upload_ServerThatReadsSlowly_IsFinished()
    {
        const int bytes = 3 << 20;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the system may take a body of this size at once.");
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            stream.Socket.ReceiveBufferSize = 1 << 16;
            await ScriptedServer.ReadHeadAsync(stream, stop);
            var (buffer, received) = (new byte[1 << 16], 0L);
            while (received < bytes)
            {
                received += await stream.ReadAsync(buffer, stop);
                await Task.Delay(80, stop);
            }

            await AnswerStateAsync(stream, received, stop);
        });
        await using var client = Connect(server, Short);

        Assert.Equal(
            bytes, (await client.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(new byte[bytes]), Stop)).Value.Bytes);
    }

    [Fact]
    public async Task Upload_SourceThatIsSlow_DoesNotCountAsTheServersSilence()
    {
        await using var server = new ScriptedServer(async (stream, stop) =>
        {
            await ScriptedServer.ReadHeadAsync(stream, stop);
            var received = new StringBuilder();
            var buffer = new byte[1 << 10];
            while (!received.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                received.Append(Encoding.ASCII.GetString(buffer.AsSpan(0, await stream.ReadAsync(buffer, stop))));
            }

            await AnswerStateAsync(stream, 1, stop);
        });
        await using var client = Connect(server, Short);

        Assert.Equal(1, (await client.States.PutTrainerStateAsync("task", StepRef.At(1), new SlowSource(), Stop)).Value.Bytes);
    }

    [Fact]
    public async Task Call_CanceledByTheCaller_IsCanceled()
    {
        await using var server = new ScriptedServer(ScriptedServer.Silent);
        await using var client = Connect(server, Timeout.InfiniteTimeSpan);
        using var soon = new CancellationTokenSource(50);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Tasks.GetAsync("task", soon.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(90_000_000)]
    public void Connect_LimitOutOfItsRange_IsRefused(int milliseconds) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        FishClient.Connect(new Uri("http://127.0.0.1:1"), new FishClientOptions { IdleTimeout = TimeSpan.FromMilliseconds(milliseconds) }));

    private static FishClient Connect(ScriptedServer server, TimeSpan limit) =>
        FishClient.Connect(server.Address, new FishClientOptions { IdleTimeout = limit });

    private static async Task AssertSilentAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<FishException>(call);
        Assert.Equal((ErrorCode.ServerUnavailable, (int?)null), (error.Code, error.Status));
        Assert.Contains("did not respond", error.Cause, StringComparison.Ordinal);
        Assert.Contains("No byte moved for ", error.Cause, StringComparison.Ordinal);
    }

    private static async Task AnswerStateAsync(NetworkStream stream, long bytes, CancellationToken stop)
    {
        var json = $$"""{"bytes":{{bytes}},"storedBytes":1,"sha256":"{{new string('0', 64)}}"}""";
        var head = $"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n";
        await ScriptedServer.SendAsync(stream, head + json, stop);
    }

    private sealed class SlowSource : ReadOnlyStream
    {
        private bool read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Short + TimeSpan.FromSeconds(0.5), cancellationToken);
            (var first, read) = (!read, true);
            return first ? 1 : 0;
        }
    }
}
