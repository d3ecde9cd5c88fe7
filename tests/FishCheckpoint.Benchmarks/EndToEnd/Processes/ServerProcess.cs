using System.Net.Http.Headers;
using System.Text.Json;
using System.Text;

namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>The server in a process of its own, so that its memory and time are measured apart from the client's.</summary>
internal sealed class ServerProcess(ChildProcess process, Uri address) : IAsyncDisposable
{
    public ChildProcess Process => process;

    public Uri Address => address;

    public static async Task<ServerProcess> StartAsync(string dataFolder, params string[] settings)
    {
        var address = ChildProcess.FreeAddress();
        var process = ChildProcess.StartSelf(["serve", "--urls", $"{address}", "--FishCheckpoint:DataFolder", dataFolder, .. settings]);
        await process.WaitForAsync(address);
        return new ServerProcess(process, address);
    }

    /// <summary>The most memory that the process has had resident, in bytes.</summary>
    public long PeakResidentBytes() => process.PeakResidentBytes();

    /// <summary>The part of the resident memory that is the process's own and not the page cache's, in bytes.</summary>
    public long AnonymousBytes() => process.AnonymousBytes();

    public ValueTask DisposeAsync() => process.DisposeAsync();
}

/// <summary>The few calls that fill a server, as any client would make them.</summary>
internal static class ServerCalls
{
    private const string Safetensors = "application/vnd.safetensors";

    public static HttpClient ClientOf(ServerProcess server) => new() { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(30) };

    /// <summary>Sends a file as the body of a PUT.</summary>
    public static async Task PutFileAsync(this HttpClient client, string route, string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        using var content = new StreamContent(file, 1 << 20);
        content.Headers.ContentType = new MediaTypeHeaderValue(Safetensors);
        await client.PutContentAsync(route, content);
    }

    /// <summary>Makes a task on a base.</summary>
    public static async Task PutTaskAsync(this HttpClient client, string task, string @base)
    {
        using var content = new StringContent($$"""{"base":"{{@base}}"}""", Encoding.UTF8, "application/json");
        await client.PutContentAsync($"/v1/tasks/{task}", content);
    }

    /// <summary>Sends a body, and throws what the server has against it.</summary>
    public static async Task PutContentAsync(this HttpClient client, string route, HttpContent content)
    {
        using var response = await client.PutAsync(new Uri(route, UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString());
        }
    }
}
