using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FishCheckpoint.Api.Tests.Errors;

/// <summary>A client that goes away is nobody's error.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("tensors/a")]
    [InlineData("delta")]
    public async Task Restore_ClientGoesAway_IsNoError(string what)
    {
        var log = new ConcurrentQueue<string>();
        await using (var server = await ApiServer.StartAsync(
            builder => builder.Logging.AddProvider(new Provider(log)), ("Logging:LogLevel:FishCheckpoint", "Debug")))
        {
            var model = TestModel.Create(1, null, new TensorInfo("a", DType.F32, [3_000_000]));
            await PutAsync(server, "bases/base", new ByteArrayContent(model.ToBytes()), "application/octet-stream");
            await PutAsync(server, "tasks/task", new StringContent("""{"base":"base"}"""), "application/json");
            await PutAsync(
                server, "tasks/task/checkpoints/1", new ByteArrayContent(model.Change(1, 0.5).ToBytes()), "application/vnd.safetensors");
            await ReadLittleAsync(server, $"/v1/tasks/task/checkpoints/1/{what}");
        }

        // The server has stopped, so every request has ended and said so.
        Assert.Contains(log, line => line.Contains("disconnected", StringComparison.Ordinal));
        Assert.DoesNotContain(
            log, line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal));
    }

    private static async Task PutAsync(ApiServer server, string path, HttpContent content, string type)
    {
        content.Headers.ContentType = new(type);
        using var response = await server.Client.PutAsync($"/v1/{path}", content, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static async Task ReadLittleAsync(ApiServer server, string path)
    {
        using var socket = new TcpClient { LingerState = new LingerOption(enable: true, seconds: 0), ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Address.Authority}\r\n\r\n"),
            TestContext.Current.CancellationToken);
        await socket.GetStream().ReadExactlyAsync(new byte[1000], TestContext.Current.CancellationToken);
    }

    private sealed class Provider(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
