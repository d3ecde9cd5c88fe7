using System.Net;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Dashboard;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Dashboard;

public sealed partial class DashboardApiTests : ApiTest
{
    [Theory]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("text/html;q=0, text/plain", false)]
    [InlineData("nonsense;;", false)]
    public async Task Root_IsThePageForBrowsers_AndAListForOthers(string accept, bool page)
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync("/", ("Accept", accept)));
        Assert.Equal(page ? "text/html" : "text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Accept", Assert.Single(response.Headers.Vary));
        Assert.Contains(page ? "<main" : " /v1/tasks\n", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_HaveStrongTags_AndAreNotSentAgain()
    {
        Assert.Contains("index.html", DashboardFiles.Names);
        Assert.Contains("uPlot.esm.js", DashboardFiles.Names);
        Assert.Contains("uPlot.LICENSE.txt", DashboardFiles.Names);
        foreach (var name in DashboardFiles.Names)
        {
            using var first = await ExpectAsync(HttpStatusCode.OK, GetAsync($"/dashboard/{name}"));
            Assert.False(first.Headers.ETag!.IsWeak);
            using var again = await GetAsync($"/dashboard/{name}", ("If-None-Match", first.Headers.ETag.Tag));
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            using var head = await SendAsync(HttpMethod.Head, $"/dashboard/{name}");
            Assert.Equal((HttpStatusCode.OK, first.Content.Headers.ContentLength), (head.StatusCode, head.Content.Headers.ContentLength));
        }
    }

    [Fact]
    public async Task Files_NameOthersThatAreThere_AndNothingElsewhere()
    {
        foreach (var name in DashboardFiles.Names.Where(name => !name.StartsWith("uPlot", StringComparison.Ordinal)))
        {
            var text = await Client.GetStringAsync(new Uri($"/dashboard/{name}", UriKind.Relative), Stop);
            Assert.All(Named().Matches(text), match => Assert.NotNull(DashboardFiles.Find(match.Groups["file"].Value)));
            Assert.DoesNotContain(
                "http://", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("https://", text, StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
        }

        await RefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => GetAsync("/dashboard/none.js"));
        await RefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", () => GetAsync("/dashboard/..%2Fappsettings.json"));
    }

    [GeneratedRegex("""(?:from '\./|"dashboard/)(?<file>[\w.]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();
}
