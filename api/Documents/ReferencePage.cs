using System.Buffers.Text;
using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace FishCheckpoint.Api.Documents;

/// <summary>
/// The page <c>/docs</c>, which shows the OpenAPI document and can send requests to this server. It uses Scalar, whose script comes from
/// its package. Features that contact other servers are off, and the page's policy forbids the rest.
/// </summary>
internal static class ReferencePage
{
    public static IEndpointConventionBuilder MapReferencePage(this IEndpointRouteBuilder routes) =>
        routes.MapScalarApiReference("/docs", Configure)
            .WithSummary("Show the OpenAPI document as a web page");

    private static void Configure(ScalarOptions options, HttpContext context)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers.ContentSecurityPolicy = Policy(nonce);
        options.WithTitle("FishCheckpoint").WithNonce(nonce).WithFavicon("../dashboard/icon.svg").DisableDefaultFonts();
        options.DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools();

        // Empty: requests go directly to this server. By default Scalar may use its own proxy.
        options.WithProxy("");
    }

    // Scalar adds style elements and attributes without the nonce; scripts need the nonce.
    private static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
