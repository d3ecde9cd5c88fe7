using System.Net;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Documents;

/// <summary>The page of the OpenAPI document comes from this server alone. How a browser shows it is tested with the dashboard.</summary>
public sealed partial class ReferencePageTests : ApiTest
{
    private static readonly string[] Allowed = ["'none'", "'self'", "'unsafe-inline'", "data:"];

    [Fact]
    public async Task Page_AndItsScripts_ComeFromThisServer()
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync("/docs"));
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        var (page, address) = (await response.Content.ReadAsStringAsync(Stop), response.RequestMessage!.RequestUri!);
        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        var scripts = Script().Matches(page).Select(match => new Uri(address, match.Groups["path"].Value)).Distinct().ToArray();
        Assert.Equal(["/docs/scalar.js", "/docs/scalar.aspnetcore.js"], scripts.Select(script => script.AbsolutePath));
        foreach (var script in scripts)
        {
            Assert.Equal(Server.Address.Authority, script.Authority);
            using var answer = await ExpectAsync(HttpStatusCode.OK, GetAsync(script.AbsolutePath));
            Assert.Equal("text/javascript", answer.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task Page_NamesNoOtherHost_AndTurnsOffWhatWouldAskOne()
    {
        var page = await Client.GetStringAsync("/docs", Stop);
        Assert.DoesNotContain("//", page, StringComparison.Ordinal);
        Assert.All(
            [
                "\"proxyUrl\":\"\"", "\"withDefaultFonts\":false", "\"telemetry\":false", "\"agent\":{\"disabled\":true}",
                "\"mcp\":{\"disabled\":true}", "\"hideClientButton\":true", "\"showDeveloperTools\":\"never\"",
            ],
            option => Assert.Contains(option, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Policy_OfThePage_AllowsThisServerAlone_AndScriptsByANonceOfTheRequest()
    {
        using var first = await GetAsync("/docs");
        using var second = await GetAsync("/docs");
        var (nonce, another) = (await NonceAsync(first), await NonceAsync(second));
        Assert.NotEqual(nonce, another);
        var policy = Assert.Single(first.Headers.GetValues("Content-Security-Policy"))
            .Split(';', StringSplitOptions.TrimEntries).Select(directive => directive.Split(' '))
            .ToDictionary(words => words[0], words => words[1..], StringComparer.Ordinal);
        Assert.Equal(["'none'"], policy["default-src"]);
        Assert.Equal(["'self'"], policy["connect-src"]);
        Assert.Equal(["'none'"], policy["frame-ancestors"]);
        Assert.Equal(["'self'", $"'nonce-{nonce}'"], policy["script-src"]);
        Assert.All(
            policy.Where(directive => directive.Key != "script-src"),
            directive => Assert.Subset(Allowed.ToHashSet(), directive.Value.ToHashSet()));
    }

    [Theory]
    [InlineData("/docs/scalar.js")]
    [InlineData("/docs/none/none")]
    [InlineData("/v1/tasks")]
    public async Task Policy_OfEveryOtherAnswer_IsTheStrictOne(string path)
    {
        using var response = await GetAsync(path);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_OfAnotherName_TakesNoneOfItAsHtml()
    {
        var page = await Client.GetStringAsync("/docs/%3C%2Fscript%3E%3Cb%3E'%22", Stop);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Equal(Script().Count(await Client.GetStringAsync("/docs/", Stop)), Script().Count(page));
    }

    [Fact]
    public async Task List_OfTheRoutes_NamesThePage() => Assert.Contains(
        "/docs/{documentName?}\n          Show the OpenAPI document as a web page",
        await Client.GetStringAsync("/", Stop), StringComparison.Ordinal);

    private static async Task<string> NonceAsync(HttpResponseMessage response)
    {
        var nonces = Nonce().Matches(await response.Content.ReadAsStringAsync(Stop)).Select(match => match.Groups["nonce"].Value).ToArray();
        Assert.Equal(3, nonces.Length);
        return Assert.Single(nonces.Distinct(StringComparer.Ordinal));
    }

    [GeneratedRegex("""(?:src="|import .* from ')(?<path>[^"']+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex("""<script [^>]*nonce="(?<nonce>[\w-]{22})">""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Nonce();
}
