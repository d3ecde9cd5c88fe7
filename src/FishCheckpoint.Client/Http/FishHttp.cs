using System.Net;
using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>Sends requests to one server and turns what is not a success into a <see cref="FishException"/>.</summary>
internal sealed class FishHttp
{
    private readonly HttpClient http;
    private readonly Uri server;

    public FishHttp(HttpClient http)
    {
        this.http = http;
        var address = http.BaseAddress ?? throw new ArgumentException("The HTTP client has no base address: the server's URL.", nameof(http));
        server = address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
    }

    /// <summary>Whether the server is on this machine, where sending bytes costs less than making them fewer.</summary>
    public bool IsLocal => server.IsLoopback;

    /// <summary>Sends a request and waits for the head of a successful answer. The caller disposes it.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? prepare = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, new Uri(server, path)) { Content = content };
        prepare?.Invoke(request);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && error is HttpRequestException or TaskCanceledException)
        {
            throw error.InnerException as FishException ?? Untrusted(error) ?? Unavailable(error);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await Problem.ReadAsync(response, $"{method} /{path}", cancellation);
        }
    }

    /// <summary>Sends a request and reads the JSON of its answer.</summary>
    public async Task<T> JsonAsync<T>(HttpMethod method, string path, CancellationToken cancellation, HttpContent? content = null)
    {
        using var response = await SendAsync(method, path, content, cancellation: cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    /// <summary>Sends a request whose answer has no content.</summary>
    public async Task DoneAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using var response = await SendAsync(method, path, content, cancellation: cancellation);
    }

    /// <summary>Sends an idempotent save; 201 says that this call stored it.</summary>
    public async Task<Saved<T>> SaveAsync<T>(
        string path, HttpContent content, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Put, path, content, prepare, cancellation);
        return new Saved<T>(await ReadAsync<T>(response, cancellation), response.StatusCode == HttpStatusCode.Created);
    }

    /// <summary>The error of a server that cannot be reached or whose answer ended early.</summary>
    public FishException Unavailable(Exception error) => new(
        ErrorCode.ServerUnavailable, server.AbsoluteUri, $"The server cannot be reached, or ended the connection early: {error.Message}",
        "Start it with 'fish serve', or check the URL.", error);

    // Nothing was sent: trying again would say the same.
    private FishException? Untrusted(Exception error) => error.InnerException is AuthenticationException { Message: { } message }
        && message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
        ? new FishException(
            ErrorCode.CertificateUntrusted, server.AbsoluteUri, $"The server's certificate is not trusted: {message}",
            "Name the certificate of the authority that signed it, or its own, as a PEM file: --ca FILE, or FISH_CA in the environment.", error)
        : null;

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(FishJson.Options, cancellation) ?? throw new JsonException("The answer is null.");
        }
        catch (Exception error) when (error is JsonException or IOException or HttpRequestException)
        {
            throw Unavailable(error);
        }
    }
}
