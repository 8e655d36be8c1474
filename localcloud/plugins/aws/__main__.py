from localcloud.plugins.aws.provider import AwsProvider
from localcloud.plugins.serving import serve

serve(AwsProvider())
