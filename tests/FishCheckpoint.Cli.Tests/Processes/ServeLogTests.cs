using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>Each entry of the server's log carries its time in UTC.</summary>
public sealed class ServeLogTests : CommandTest
{
    [Fact]
    public async Task Log_AsText_StartsWithTheTime()
    {
        var line = await FirstLineAsync("simple", line => line.Contains("info: ", StringComparison.Ordinal));
        AssertTime(line.Split(' ')[0]);
    }

    [Fact]
    public async Task Log_AsJson_HasTheTime()
    {
        using var json = JsonDocument.Parse(await FirstLineAsync("json", line => line.StartsWith('{')));
        AssertTime(json.RootElement.GetProperty("Timestamp").GetString()!);
    }

    private static void AssertTime(string text) => Assert.True(
        DateTime.TryParseExact(
            text, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
        && time.Date >= DateTime.UtcNow.Date.AddDays(-1), text);

    private async Task<string> FirstLineAsync(string formatter, Func<string, bool> isEntry)
    {
        var start = TestProcess.Describe(RealProgram.Fish, "serve", "--data", PathOf("served"), "--urls", "http://127.0.0.1:0");
        start.Environment["Logging__Console__FormatterName"] = formatter;
        start.Environment["TZ"] = "Asia/Tokyo";
        using var server = Process.Start(start)!;
        try
        {
            while (await server.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                if (isEntry(line))
                {
                    return line;
                }
            }

            throw new InvalidOperationException($"The server logged nothing: {await server.StandardError.ReadToEndAsync(Stop)}");
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(Stop);
        }
    }
}
