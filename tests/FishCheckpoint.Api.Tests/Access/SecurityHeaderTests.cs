using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

public sealed class SecurityHeaderTests : ApiTest
{
    [Theory]
    [InlineData("/")]
    [InlineData("/v1/tasks")]
    [InlineData("/v1/tasks/none")]
    [InlineData("/v1/bases/base/model.safetensors")]
    [InlineData("/nothing")]
    [InlineData("/v1/tasks?limit=0")]
    public async Task EveryAnswer_NamesTheVersionAndTellsBrowsersWhatNotToDo(string path)
    {
        using var response = await GetAsync(path);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.NotEmpty(Assert.Single(response.Headers.GetValues("Fish-Version")));
        Assert.False(response.Headers.Contains("Server"));
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
