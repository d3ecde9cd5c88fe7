using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FishCheckpoint.Cli.Tests.Commands;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>A server that may open few files, and more silent connections than that.</summary>
[Trait("Category", "Slow")]
public sealed class DescriptorTests : CommandTest
{
    private const int Files = 400;

    [Fact]
    public async Task Server_WithFewDescriptors_AnswersThroughAFloodOfSilentConnections()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux's limit is looked at.");
        using var server = Process.Start(new ProcessStartInfo(
            "sh",
            ["-c", $"ulimit -n {Files}; exec \"$0\" serve --data \"$1\" --urls http://127.0.0.1:0", RealProgram.Fish, PathOf("served")])
        { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        try
        {
            var said = string.Empty;
            Uri? address = null;
            while (address is null && await server.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                said += line + "\n";
                address = Regex.Match(line, @"^Serving .* on (http://\S+?)\.? ") is { Success: true } match
                    ? new Uri(match.Groups[1].Value) : null;
            }

            Assert.NotNull(address);
            Assert.Contains("MaxConnections is lowered from 1000", said, StringComparison.Ordinal);
            using var client = new HttpClient { BaseAddress = address };
            var flood = new List<TcpClient>();
            for (var round = 0; round < 3; round++)
            {
                for (var index = 0; index < 2 * Files; index++)
                {
                    var silent = new TcpClient();
                    flood.Add(silent);
                    try
                    {
                        await silent.ConnectAsync(address.Host, address.Port, Stop);
                    }
                    catch (SocketException)
                    {
                        // Closed already: there is no place.
                    }
                }

                // The first connections are a second old now.
                await Task.Delay(1100, Stop);
                using var fresh = new HttpClient { BaseAddress = address };
                Assert.Equal("ok\n", await fresh.GetStringAsync("/healthz", Stop));
                Assert.Equal("ok\n", await client.GetStringAsync("/healthz", Stop));
                await fresh.GetStringAsync("/v1/tasks", Stop);
            }

            flood.ForEach(connection => connection.Dispose());
            Assert.False(server.HasExited);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(Stop);
        }
    }
}
